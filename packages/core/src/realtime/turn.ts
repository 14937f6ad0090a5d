import { inThisProcess } from "../lib/in-this-process";
import { limits } from "../protocol/limits";

/** After this long the next ones no longer wait for those on their way, which may hang on one slow connection. */
const PATIENCE_MS = 500;
/** What a frame of several may weigh: API Gateway's bound, less the words around them. */
const ROOM_BYTES = limits.frameMaxBytes - 64;

interface Ticket {
  item: { frame: string };
  settle: (outcome: Promise<unknown>) => void;
}

/** By topic, what waits while something is on its way. Plain data, so that the bundles of one process can share it. */
const lines = inThisProcess("publishing", () => new Map<string, Ticket[]>());

/**
 * Runs `deliver` for the item when those before it on the same topic have been delivered, together with whatever else came to wait meanwhile, as
 * many as one frame holds. So frames of one process keep their order, and a burst takes few pushes.
 */
export function inTurn<I extends { frame: string }, O>(topic: string, item: I, deliver: (items: readonly I[]) => Promise<O>): Promise<O> {
  const outcome = new Promise<unknown>((resolve) => {
    const ticket: Ticket = { item, settle: resolve };
    const line = lines.get(topic);
    if (line) line.push(ticket);
    else {
      lines.set(topic, [ticket]);
      void serve(topic, deliver as (items: readonly { frame: string }[]) => Promise<unknown>); // never rejects
    }
  });
  return outcome as Promise<O>; // a line holds items of one kind, and all who stand in it bring the same `deliver`
}

async function serve(topic: string, deliver: (items: readonly { frame: string }[]) => Promise<unknown>): Promise<void> {
  for (let line = lines.get(topic); line; line = lines.get(topic)) {
    const tickets = line.splice(0, fitting(line));
    if (tickets.length === 0) {
      lines.delete(topic);
      return;
    }
    const outcome = deliver(tickets.map(({ item }) => item));
    for (const { settle } of tickets) settle(outcome);
    await patiently(outcome);
  }
}

/** How many from the front go into one frame; at least one. */
function fitting(line: readonly Ticket[]): number {
  let bytes = 0;
  let count = 0;
  for (const { item } of line) {
    bytes += Buffer.byteLength(item.frame) + 1;
    if (count > 0 && bytes > ROOM_BYTES) break;
    count++;
  }
  return count;
}

function patiently(outcome: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    outcome.then(done, done); // who waits for the outcome hears of a failure
  });
}
