import { expect, test } from "vitest";
import { failedChecks } from "../history/checks";
import { stormyStreams, streams } from "./plans";
import { streamFiguresLine } from "./report";
import { runStreams } from "./streams/run";
import { inOwnFolder } from "./testing/own-folder";

const SECONDS = Number(process.env["AGORA_CHAOS_STREAM_SECONDS"] ?? 22);
const SEED = Number(process.env["AGORA_CHAOS_SEED"] ?? Date.now() % 1_000_000);
/** To start, heal, read all twice and judge; and the run takes twice its time on a machine that is slow to break. */
const AROUND_MS = 240_000;

test(
  "over all faults no message of a topic is lost, doubled, reordered or skipped, and groups get each at least once",
  async () => {
    const options = { seed: SEED, size: streams, plan: stormyStreams, messages: Infinity, talkMs: SECONDS * 1000 };
    const result = await inOwnFolder((place) => runStreams({ ...place, ...options }));
    console.log(streamFiguresLine(result));
    expect({ seed: SEED, failed: failedChecks(result.verdict), verdict: result.verdict }).toMatchObject({ failed: [] });
    expect(result.failures).toEqual([]);
  },
  SECONDS * 2000 + AROUND_MS,
);
