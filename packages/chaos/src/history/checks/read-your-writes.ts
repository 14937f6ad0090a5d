import { firstOf, type Check, type Finding } from "../finding";
import type { History } from "../history";
import { shortOf } from "./reaches";

/** A page that was asked for after an acknowledgement holds what was acknowledged, whoever asked and whoever had sent it. */
export const readYourWrites: Check = (history) => firstOf(findings(history));

function* findings(history: History): Generator<Finding> {
  const floors = floorsOf(history);
  for (const read of history.reads) {
    const floor = floors[read.log]?.(read.startAt) ?? 0;
    const problem = shortOf(read, floor);
    if (!problem) continue;
    const { entries, ...asked } = read;
    yield {
      what: `${floor} of ${history.logs[read.log]} had been acknowledged when ${read.client} asked for a page that ${problem}`,
      evidence: { ...asked, floor, first: entries.at(0)?.seq, last: entries.at(-1)?.seq },
    };
  }
}

/** For each log: the highest number that had been acknowledged before a time. */
function floorsOf({ logs, sends }: History): ((time: number) => number)[] {
  const acks = logs.map((): { at: number; seq: number }[] => []);
  for (const [, { log, ack }] of sends) if (ack) acks[log]?.push(ack);
  return acks.map((ofLog) => {
    ofLog.sort((a, b) => a.at - b.at);
    const times = Float64Array.from(ofLog, ({ at }) => at);
    let highest = 0;
    const highestUntil = Uint32Array.from(ofLog, ({ seq }) => (highest = Math.max(highest, seq)));
    return (time) => highestUntil[countBelow(times, time) - 1] ?? 0;
  });
}

/** How many of the ascending numbers are less than `bound`. */
function countBelow(ascending: Float64Array, bound: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? Infinity) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
