import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { crowd, stormy } from "./plans";
import { figuresLine } from "./report";
import { run } from "./run";

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
