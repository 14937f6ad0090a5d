import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomText } from "../lib/id";
import * as log from "./index";
import type { LogEntry } from "./index";

interface Answer {
  id: number;
  seq?: number;
  repeated?: boolean;
  error?: string;
}

/** A writer in a process of its own. */
class Writer {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 0;

  constructor(file: string) {
    this.#process = fork(file, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  }

  async ready(): Promise<this> {
    await new Promise((resolve) => this.#process.once("message", resolve));
    this.#process.on("message", (answer: Answer) => this.#waiting.get(answer.id)?.(answer));
    return this;
  }

  append(job: { logId: string; author: string; nonce: string; after?: number }): Promise<Answer> {
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#process.send({ id, ...job });
    });
  }

  stop(): void {
    this.#process.kill();
  }
}

const PROCESSES = 4;
let folder: string;
let writers: Writer[];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "agora-writers-"));
  const outfile = path.join(folder, "append-process.mjs");
  await build({
    entryPoints: [path.join(import.meta.dirname, "testing/append-process.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);` },
  });
  writers = await Promise.all(Array.from({ length: PROCESSES }, () => new Writer(outfile).ready()));
});

afterAll(() => {
  for (const writer of writers) writer.stop();
  rmSync(folder, { recursive: true, force: true });
});

const newLog = () => `channel:${randomText(16)}`;
const writer = (i: number) => writers[i % PROCESSES] as Writer;

async function wholeLog(logId: string): Promise<LogEntry[]> {
  const all: LogEntry[] = [];
  for (let after = 0; ;) {
    const page = await log.page(logId, { after, limit: 100 });
    all.push(...page.entries);
    if (page.next_cursor === null) return all;
    after = page.next_cursor;
  }
}

describe("processes that append to one log at once", () => {
  test("8 senders × 25 entries get the numbers 1 to 200, each of them once", async () => {
    const logId = newLog();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => writer(i).append({ logId, author: `usr_${i % 8}`, nonce: String(i), after: 0 })),
    );
    expect(answers.filter(({ error }) => error)).toEqual([]);
    const numbers = answers.map(({ seq }) => seq ?? 0).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    expect((await wholeLog(logId)).map(({ seq }) => seq)).toEqual(numbers);
  });

  test("50 copies of one nonce, with noise between them, are one entry, and one call has made it", async () => {
    const logId = newLog();
    const noise = Array.from({ length: 30 }, (_, i) => writer(i + 1).append({ logId, author: "usr_noise", nonce: `n${i}`, after: 0 }));
    const copies = await Promise.all(
      Array.from({ length: 50 }, (_, i) => writer(i).append({ logId, author: "usr_a", nonce: "same", after: 0 })),
    );
    await Promise.all(noise);
    expect(new Set(copies.map(({ seq }) => seq)).size).toBe(1);
    expect(copies.filter(({ repeated }) => repeated === false)).toHaveLength(1);
    const entries = await wholeLog(logId);
    expect(entries).toHaveLength(31);
    expect(entries.filter(({ nonce }) => nonce === "same")).toHaveLength(1);
  });

  test("the same nonce of two authors is two entries", async () => {
    const logId = newLog();
    const answers = await Promise.all(["usr_a", "usr_b"].map((author, i) => writer(i).append({ logId, author, nonce: "same", after: 0 })));
    expect(answers.map(({ seq }) => seq).sort()).toEqual([1, 2]);
  });

  test("a copy that comes hundreds of entries later finds its twin", async () => {
    const logId = newLog();
    const first = await writer(0).append({ logId, author: "usr_a", nonce: "late", after: 0 });
    await Promise.all(Array.from({ length: 300 }, (_, i) => writer(1).append({ logId, author: "usr_b", nonce: String(i), after: 0 })));
    expect(await writer(2).append({ logId, author: "usr_a", nonce: "late", after: 0 })).toMatchObject({ seq: first.seq, repeated: true });
  });
});

describe("what a client may say of `after`", () => {
  const append = (logId: string, nonce: string, after?: number) =>
    log.append<LogEntry>(logId, { author: { id: "usr_a" }, nonce }, after === undefined ? {} : { after });

  test("too high: no hole, the end comes from the table", async () => {
    const logId = newLog();
    expect((await append(logId, "a", 1_000_000)).entry.seq).toBe(1);
    expect((await append(logId, "b", 5)).entry.seq).toBe(2);
    const other = newLog();
    await writer(0).append({ logId: other, author: "usr_b", nonce: "x", after: 0 });
    expect((await append(other, "c", 1_000_000)).entry.seq).toBe(2);
  });

  test("missing: the last hundred entries are looked through, and no more is promised", async () => {
    const logId = newLog();
    await append(logId, "near");
    for (let i = 0; i < 90; i++) await writer(0).append({ logId, author: "usr_b", nonce: String(i), after: i });
    expect(await append(logId, "near")).toMatchObject({ entry: { seq: 1 }, repeated: true });
  });

  test("so low that too much would have to be read: refused with a code, nothing stored", async () => {
    const { append: appendTo } = await import("./append");
    const { View } = await import("./view");
    const far = { read: () => Promise.resolve([]), put: () => Promise.reject(new Error("must not be written")) };
    await expect(
      appendTo(far, "channel:far", { author: { id: "usr_a" }, nonce: "n" }, { after: 0 }, View.endingAt(5_000)),
    ).rejects.toMatchObject({
      code: "message.conflict",
    });
  });
});
