import { unavailable } from "../lib/error";
import { logger } from "../lib/logger";
import type { EventFrame } from "../protocol/frames";
import { push } from "./push";
import * as roomPresence from "./room-presence";
import { inTurn } from "./turn";
import * as store from "./store";

/** Of some accounts those who may hear of something. */
export type Audience = (userIds: readonly string[]) => Promise<ReadonlySet<string>>;

/** What those get who do not listen to a topic, though they have in sight what it belongs to. */
export interface Hint {
  /** Whose listeners get it. */
  topics: readonly string[];
  frame: EventFrame;
  /** Only those of them. The same for all hints that are published by one topic. Absent: all. */
  audience?: Audience | undefined;
}

/**
 * Tells everybody who listens to the topic. When this returns, each of them has the frame or was disconnected and will ask for what it missed.
 * Frames that one process publishes to a topic arrive in the order of the calls, unless one hangs for half a second; those that come while others
 * are on their way travel together.
 * @param hint for the listeners of other topics who do not listen to this one.
 * @throws unavailable if that is not sure of all of them: to be repeated.
 * Cost: 1 read unit per 4 KB of listeners (about thirty), 1 push for each; the same for a hint.
 */
export async function publish(topic: string, frame: EventFrame, hint?: Hint): Promise<void> {
  const { failed, of } = await inTurn(topic, { frame: JSON.stringify(frame), hint }, (waiting) => deliver(topic, waiting));
  if (failed > 0) throw unavailable(new Error(`${failed} of ${of} listeners of ${topic} could not be reached`));
}

/**
 * As `publish`, for what has happened whether or not anybody hears of it: a failure is logged, since the caller's repeat would not repeat the event.
 * Who misses it sees it when their connection is back, or the page is loaded.
 * @param audience only those of the listeners; what it costs comes on top. Frames for some are in no order with those for all.
 */
export async function announce(topic: string, frame: EventFrame, audience?: Audience): Promise<void> {
  try {
    if (!audience) return await publish(topic, frame);
    const listeners = await among(await store.listListeners(topic), audience);
    const failed = await pushAndForget(listeners, JSON.stringify(frame));
    if (failed > 0) throw unavailable(new Error(`${failed} of ${listeners.length} listeners of ${topic} could not be reached`));
  } catch (error) {
    logger.warn("announce.failed", { topic, type: frame.type }, error);
  }
}

/** As `announce`, to those listeners who are not the account: it knows already. */
export async function announceToOthers(topic: string, userId: string, frame: EventFrame): Promise<void> {
  try {
    const others = (await store.listListeners(topic)).filter(({ user_id }) => user_id !== userId);
    await pushAndForget(others, JSON.stringify(frame));
  } catch (error) {
    logger.warn("announce.failed", { topic, type: frame.type }, error);
  }
}

interface Waiting {
  frame: string;
  hint: Hint | undefined;
}

interface Outcome {
  /** How many connections neither have the frames nor were closed. */
  failed: number;
  of: number;
}

async function deliver(topic: string, waiting: readonly Waiting[]): Promise<Outcome> {
  const hints = waiting.flatMap(({ hint }) => hint ?? []);
  const [listeners, ...hinted] = await Promise.all(
    [topic, ...new Set(hints.flatMap(({ topics }) => topics))].map((one) => store.listListeners(one)),
  );
  const here = listeners ?? [];
  const isHere = new Set(here.map(({ connection_id }) => connection_id));
  const hint = async () => {
    const elsewhere = await among(
      hinted.flat().filter(({ connection_id }) => !isHere.has(connection_id)),
      hints.at(-1)?.audience,
    );
    return pushAndForget(elsewhere, together(worthTelling(hints).map(({ frame }) => JSON.stringify(frame))));
  };
  // A hint that fails must not keep those from hearing who listen.
  const [told, hintedAt] = await Promise.allSettled([pushAndForget(here, together(waiting.map(({ frame }) => frame))), hint()]);
  if (told.status === "rejected") throw told.reason;
  if (hintedAt.status === "rejected") throw hintedAt.reason;
  return { failed: told.value + hintedAt.value, of: here.length + hinted.flat().length };
}

async function among(listeners: readonly store.Listener[], audience: Audience | undefined): Promise<readonly store.Listener[]> {
  if (!audience || listeners.length === 0) return listeners;
  const may = await audience([...new Set(listeners.map(({ user_id }) => user_id))]);
  return listeners.filter(({ user_id }) => may.has(user_id));
}

/** Of those that say that there is something new, the newest says all, but for those that mention a role: each of them counts. Messages all do. */
const worthTelling = (hints: readonly Hint[]): Hint[] =>
  hints.filter(({ frame }, i) => i === hints.length - 1 || frame.type !== "unread" || frame.role_ids);

/** Answers how many failed. Connections that are gone are forgotten. */
export async function pushAndForget(listeners: readonly store.Listener[], frame: string): Promise<number> {
  if (listeners.length === 0) return 0;
  const { gone, failed } = await push(
    listeners.map(({ connection_id }) => connection_id),
    frame,
  );
  const isGone = new Set(gone);
  await Promise.all(listeners.filter(({ connection_id }) => isGone.has(connection_id)).map(forget));
  return failed.length;
}

/** A listener's row can outlive that of its connection: see `store.addTopics`. */
async function forget({ topic, connection_id }: store.Listener): Promise<void> {
  const row = await store.forgetConnection(connection_id);
  const left = row?.left ?? [];
  if (!row?.topics.has(topic)) left.push({ topic, alias: await store.removeListener(topic, connection_id) });
  await roomPresence.left(left, pushAndForget);
}

/** Several frames as one: a push is billed by its number, up to 32 KB. */
const together = (frames: readonly string[]): string =>
  frames.length === 1 ? (frames[0] ?? "") : `{"type":"batch","frames":[${frames.join(",")}]}`;
