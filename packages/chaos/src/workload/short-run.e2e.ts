import { expect, test } from "vitest";
import { crowd, stormy } from "./plans";
import { figuresLine } from "./report";
import { run } from "./run";
import { inOwnFolder } from "./testing/own-folder";

const MESSAGES = Number(process.env["AGORA_CHAOS_MESSAGES"] ?? 50_000);
const SECONDS = Number(process.env["AGORA_CHAOS_SECONDS"] ?? 75);
const SEED = Number(process.env["AGORA_CHAOS_SEED"] ?? Date.now() % 1_000_000);
/** To start, heal, come back, read all twice and judge. */
const AROUND_MS = 180_000;

test(
  "over all faults nothing that was acknowledged is lost, doubled, reordered or missed",
  async () => {
    const options = { seed: SEED, size: crowd, plan: stormy, messages: MESSAGES, talkMs: SECONDS * 1000 };
    const result = await inOwnFolder((place) => run({ ...place, ...options }));
    console.log(figuresLine(result));
    expect({ seed: SEED, ...result.verdict }).toEqual({ seed: SEED, ...noFindings(result.verdict) });
    expect(result.failures).toEqual([]);
  },
  SECONDS * 1000 + AROUND_MS,
);

const noFindings = (verdict: object) => Object.fromEntries(Object.keys(verdict).map((name) => [name, []]));
