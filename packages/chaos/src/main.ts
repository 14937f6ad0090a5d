import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { RunFigures } from "./workload/figures";
import type { Plan } from "./workload/mischief";
import { changeable, changeableStreams, crowd, stormy, stormyStreams, streams } from "./workload/plans";
import { figuresLine, streamFiguresLine, writeReport } from "./workload/report";
import { isClean, run, type RunOptions } from "./workload/run";
import { runStreams, type StreamRunOptions } from "./workload/streams/run";

const MINUTE_MS = 60_000;
/** Until the tables have been swept. */
const SWEEP_MS = 75_000;
const SEEDS = 1_000_000;

const OPTIONS = {
  messages: { type: "string", default: "1000000" },
  minutes: { type: "string", default: "240" },
  seed: { type: "string" },
  people: { type: "string", default: String(crowd.people) },
  calm: { type: "boolean", default: false },
  stormy: { type: "boolean", default: false },
  streams: { type: "boolean", default: false },
  report: { type: "string" },
} as const;

/**
 * The long run: until so many messages have been acknowledged over all faults. Prints a line every ten seconds, and at the end the seed, the
 * figures and where the report is.
 * @param root of the checkout, whose built files are what is tested.
 * @returns the exit code: 0 if nothing was found.
 */
export async function soak(root: string, args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const seed = Number(values.seed ?? Math.floor(Math.random() * SEEDS));
  const numbers = { messages: Number(values.messages), minutes: Number(values.minutes), people: Number(values.people), seed };
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isFinite(value) || value < 0) throw new RangeError(`--${name} must be a number`);
  }
  const folder = values.report ?? path.join(root, ".agora-soak", `${new Date().toISOString().replace(/[:.]/g, "-")}-${seed}`);
  mkdirSync(folder, { recursive: true });
  const dataDir = mkdtempSync(path.join(tmpdir(), "agora-soak-"));
  console.log(`Seed ${seed}; the report will be in ${folder}.`);
  const options = {
    root,
    dataDir,
    seed,
    messages: numbers.messages,
    talkMs: numbers.minutes * MINUTE_MS,
    onprogress,
  };
  try {
    const { line, report, isFine } = values.streams
      ? await soakStreams(folder, { ...options, size: streams, plan: planOf(values, stormyStreams, changeableStreams), sweepMs: SWEEP_MS })
      : await soakLogs(folder, { ...options, size: { ...crowd, people: numbers.people }, plan: planOf(values, stormy, changeable) });
    console.log(`${line}\n${isFine ? "Nothing was found" : "SOMETHING WAS FOUND"}; see ${report}.`);
    return isFine ? 0 : 1;
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function soakLogs(folder: string, options: RunOptions) {
  const result = await run(options);
  return { line: figuresLine(result), report: writeReport(folder, result), isFine: isClean(result) };
}

async function soakStreams(folder: string, options: StreamRunOptions) {
  const result = await runStreams(options);
  return { line: streamFiguresLine(result), report: writeReport(folder, result), isFine: isClean(result) };
}

const planOf = ({ calm, stormy }: { calm: boolean; stormy: boolean }, storm: Plan, changing: Plan): Plan | undefined => {
  if (calm) return undefined;
  return stormy ? storm : changing;
};

function onprogress({ acknowledged, messagesPerSecond, talkSeconds, deliveries, happened, memoryMb }: RunFigures): void {
  const kills = (happened["kill_server"] ?? 0) + (happened["kill_at_write"] ?? 0) + (happened["kill_all"] ?? 0);
  console.log(
    `${talkSeconds} s: ${acknowledged} acknowledged (${messagesPerSecond}/s), ${deliveries} delivered, ${kills} kills, ${memoryMb} MB`,
  );
}
