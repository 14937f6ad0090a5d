import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { launch, person } from "@agora/e2e/browser";
import { fillLog } from "@agora/local/testing/fill-log";
import type { CDPSession, Page } from "playwright-core";
import { startAgora, type Agora } from "./agora";
import { createCommunity, messagesPath, PASSWORD, type Community } from "./community";
import type { Options } from "./options";
import type { Outcome } from "./outcome";
import { scrollHere, type Scrolled } from "./scrolling";
import { percentile, summarize } from "./statistics";

const MESSAGES = 100_000;
/** A wheel that is turned fast: at 60 frames a second nine screens a second. */
const STEP_PX = 120;
/** 300, and lines of days. */
const ROWS_MAX = 310;
const MINUTE_MS = 60_000;
const WORDS = "and so we went down to the harbour, where the boats were, and looked for the one that had been promised to us in May ";

interface Run {
  name: string;
  scrolled: Scrolled;
  /** Of the page, after a collection. */
  heapMb: number;
  /** Seconds of work, by kind. */
  work: Record<"script" | "layout" | "style", number>;
}

/** A channel of 100,000 messages: up through some thousands and back, beside a plain page that takes nothing out. */
export async function scroll100k({ root, isQuick }: Options): Promise<Outcome> {
  const depth = isQuick ? 400 : 3_000;
  const closers: (() => Promise<unknown> | void)[] = [];
  try {
    const agora = await startAgora(root);
    closers.push(() => agora.stop());
    const community = await createCommunity(agora, { people: 1, channels: 1 });
    await fill(agora, community);
    const browser = await launch();
    closers.push(() => browser.close());
    const page = await (await person(browser)).newPage();
    await open(page, agora, community);
    const cdp = await page.context().newCDPSession(page);
    const before = await heapMb(cdp);
    const up = await run("Agora, up", page, cdp, { step: -STEP_PX, until: MESSAGES - depth });
    const down = await run("Agora, back down", page, cdp, { step: STEP_PX, until: MESSAGES });
    await becomePlain(page, messagesPath(community, community.channels[0] ?? ""));
    const plainBefore = await heapMb(cdp);
    const plain = await run("a plain page that keeps all rows, up", page, cdp, { step: -STEP_PX, until: MESSAGES - depth });
    return report({ depth, before, up, down, plain, plainBefore });
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function fill({ dataUrl }: Agora, { channels, people }: Community): Promise<void> {
  const client = new DynamoDBClient({
    region: "us-east-1",
    endpoint: dataUrl,
    credentials: { accessKeyId: "agora-local", secretAccessKey: "agora-local" },
  });
  const author = { id: people[0]?.id ?? "", username: "bench" };
  const start = Date.now() - MESSAGES * MINUTE_MS;
  await fillLog(client, `channel:${channels[0]}`, MESSAGES, (seq) => ({
    content: `${seq}: ${WORDS.repeat(seq % 4)}`,
    created_at: start + seq * MINUTE_MS,
    author: seq % 5 === 0 ? { id: "usr_0000000000000000", username: "somebody" } : author,
  }));
  client.destroy();
}

async function open(page: Page, { url }: Agora, { people, server_id, channels }: Community): Promise<void> {
  const here = `/channels/${server_id}/${channels[0]}`;
  await page.goto(`${url}/login?next=${encodeURIComponent(here)}`);
  await page.getByLabel("E-mail").fill(people[0]?.email ?? "");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL(url + here);
  await page.locator("[data-connection='connected']").waitFor({ state: "attached" });
  // Whoever has read nothing has a line before what is new: it is not what is measured.
  const mark = page.getByRole("button", { name: "Mark as read" });
  if (await mark.isVisible()) await mark.click();
}

/** The same page without the chat: what the API answers, in as many elements a row, put in above as it comes, and never taken out. */
async function becomePlain(page: Page, path: string): Promise<void> {
  await page.goto(new URL("/login", page.url()).href);
  await page.evaluate(async (messages) => {
    document.body.replaceChildren();
    const scroller = document.createElement("div");
    scroller.setAttribute("role", "log");
    Object.assign(scroller.style, { display: "flex", flexDirection: "column-reverse", height: "100vh", overflowY: "auto" });
    const list = document.createElement("ol");
    scroller.append(list);
    document.body.append(scroller);
    let first: number | undefined;
    let isLoading = false;
    const load = async () => {
      isLoading = true;
      const answer = await fetch(`/api${messages}?limit=50${first === undefined ? "" : `&before=${first}`}`);
      const page = (await answer.json()) as {
        messages: { seq: number; content: string; created_at: number; author: { username: string } }[];
      };
      const rows = page.messages.toReversed().map(({ seq, content, created_at, author }) => {
        const row = document.createElement("li");
        row.dataset["seq"] = String(seq);
        for (const text of [author.username, new Date(created_at).toLocaleTimeString(), content]) {
          const part = document.createElement("p");
          part.textContent = text;
          row.append(part);
        }
        return row;
      });
      list.prepend(...rows);
      first = page.messages.at(-1)?.seq;
      isLoading = false;
    };
    scroller.addEventListener("scroll", () => {
      const fromTop = scroller.scrollHeight - scroller.clientHeight + scroller.scrollTop;
      if (fromTop < 1_600 && !isLoading) void load();
    });
    await load();
  }, path);
}

async function run(name: string, page: Page, cdp: CDPSession, wanted: { step: number; until: number }): Promise<Run> {
  const before = await metrics(cdp);
  const scrolled = await page.evaluate(scrollHere, wanted);
  const after = await metrics(cdp);
  const spent = (metric: string) => (after[metric] ?? 0) - (before[metric] ?? 0);
  const work = { script: spent("ScriptDuration"), layout: spent("LayoutDuration"), style: spent("RecalcStyleDuration") };
  return { name, scrolled, heapMb: await heapMb(cdp), work };
}

async function metrics(cdp: CDPSession): Promise<Record<string, number>> {
  await cdp.send("Performance.enable");
  const { metrics: found } = await cdp.send("Performance.getMetrics");
  return Object.fromEntries(found.map(({ name, value }) => [name, value]));
}

async function heapMb(cdp: CDPSession): Promise<number> {
  await cdp.send("HeapProfiler.collectGarbage");
  return ((await metrics(cdp))["JSHeapUsedSize"] ?? 0) / 2 ** 20;
}

interface Findings {
  depth: number;
  before: number;
  up: Run;
  down: Run;
  plain: Run;
  plainBefore: number;
}

function report({ depth, before, up, down, plain, plainBefore }: Findings): Outcome {
  const runs = [up, down, plain];
  const rowsMax = Math.max(up.scrolled.rowsMax, down.scrolled.rowsMax);
  const p95 = ({ scrolled }: Run) => percentile(scrolled.frames, 95);
  const spent = (kind: keyof Run["work"]) => up.work[kind] + down.work[kind];
  const [bottleneck] = (["script", "layout", "style"] as const).toSorted((a, b) => spent(b) - spent(a));
  return {
    title: "Scrolling through 100,000 messages",
    method:
      `A channel of ${MESSAGES.toLocaleString("en-US")} messages in headless Chromium (drawn without a graphics card) on the machine of the server: from the end up through ${depth.toLocaleString("en-US")} of them, ${STEP_PX} pixels a frame, and back down to the end. ` +
      "Beside it, up, a plain page that asks for the same pages, has as many elements a row, and takes nothing out.",
    tables: [
      {
        heading: "from frame to frame",
        unit: "ms",
        rows: runs.map(({ name, scrolled }) => ({ name, summary: summarize(scrolled.frames) })),
      },
      {
        heading: "a page of 50, from asking to answered",
        unit: "ms",
        rows: runs.map(({ name, scrolled }) => ({ name, summary: summarize(scrolled.requests) })),
      },
    ],
    goals: [
      { text: "rows in the page, lines of days among them", value: rowsMax, limit: ROWS_MAX, is: "at most" },
      { text: "heap at the end over that at the start", value: down.heapMb / before, limit: 1.5, is: "at most" },
      { text: "frames up, p95, over the plain page", value: p95(up) / p95(plain), limit: 1.5, is: "at most" },
      { text: "frames down, p95, over those up", value: p95(down) / p95(up), limit: 1.5, is: "at most" },
    ],
    notes: [
      ...runs.map(
        ({ name, scrolled, heapMb: heap, work }) =>
          `${name}: at most ${scrolled.rowsMax} rows and ${scrolled.elements} elements at the end, ${scrolled.longTasks.length} tasks over 50 ms (the longest ${Math.round(Math.max(0, ...scrolled.longTasks))} ms), ` +
          `script ${work.script.toFixed(1)} s, layout ${work.layout.toFixed(1)} s, style ${work.style.toFixed(1)} s in ${Math.round(scrolled.ms / 1_000)} s; heap ${heap.toFixed(1)} MB.`,
      ),
      `Heap at the start: ${before.toFixed(1)} MB, of the plain page ${plainBefore.toFixed(1)} MB. Of the work of the chat, ${bottleneck} is the most.`,
    ],
  };
}
