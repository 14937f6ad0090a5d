import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { failedChecks } from "../history/checks";
import { crowd, stormy } from "./plans";
import { figuresLine } from "./report";
import { run, type RunOptions } from "./run";
import { liar } from "./testing/liar";

const MESSAGES = Number(process.env["AGORA_CHAOS_MESSAGES"] ?? 50_000);
const SECONDS = Number(process.env["AGORA_CHAOS_SECONDS"] ?? 75);
const SEED = Number(process.env["AGORA_CHAOS_SEED"] ?? Date.now() % 1_000_000);
/** To start, heal, come back, read all twice and judge. */
const AROUND_MS = 180_000;

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), "agora-chaos-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const root = path.resolve(import.meta.dirname, "../../../..");

test(
  "over all faults nothing that was acknowledged is lost, doubled, reordered or missed",
  async () => {
    const result = await run({ root, dataDir, seed: SEED, size: crowd, plan: stormy, messages: MESSAGES, talkMs: SECONDS * 1000 });
    console.log(figuresLine(result));
    expect({ seed: SEED, ...result.verdict }).toEqual({ seed: SEED, ...noFindings(result.verdict) });
    expect(result.failures).toEqual([]);
  },
  SECONDS * 1000 + AROUND_MS,
);

const noFindings = (verdict: object) => Object.fromEntries(Object.keys(verdict).map((name) => [name, []]));

describe("a run over a defect reports it by its name", () => {
  const size = { people: 6, servers: 1, channels: 2 };
  const short = (more: Partial<RunOptions>) =>
    run({ root, dataDir, seed: 7, size, plan: undefined, messages: 250, talkMs: 20_000, ...more });

  test("without one it reports nothing", async () => {
    const { verdict, failures } = await short({});
    expect([failedChecks(verdict), failures]).toEqual([[], []]);
  });

  test("a write that was acknowledged and never made: lost_write", async () => {
    const { verdict } = await short({ between: liar((_, count) => (count % 100 === 99 ? [] : undefined)) });
    expect(failedChecks(verdict)).toContain("lost_write");
  });

  test("a message that is stored twice, under two nonces: duplicate", async () => {
    const twice = liar((put, count) => {
      if (count % 100 !== 99) return undefined;
      const { seq, nonce, ...item } = put.Item;
      const next = { ...item, seq: { N: String(Number(seq?.N) + 1) }, nonce: { S: `${nonce?.S}x` } };
      return [{ ...put, Item: next }, put];
    });
    const { verdict } = await short({ between: twice });
    expect(failedChecks(verdict)).toEqual(["duplicate"]);
  });
});
