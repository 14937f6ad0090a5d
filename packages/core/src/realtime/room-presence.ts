import { logger } from "../lib/logger";
import { sleep } from "../lib/sleep";
import { idOf, kindOf } from "../lib/topic";
import * as limit from "../limit/index";
import { canonicalKey } from "../protocol/characters";
import * as store from "./store";

/*
 * Who is in a room: the listeners of its topic, each with an alias, so no state is kept beside that. Everybody in it is told the whole list when it changes;
 * of a crowd that comes at once the first is told at once, and all the others together when the gate opens again. See docs/decisions/0021-rooms.md.
 */

/** A list is pushed at most so often, and less often the more there are to push it to. */
const EVERY_MS = { least: 400, perMember: 6 };
/** By how much later than the gate opens the list is looked at again. */
const MARGIN_MS = 20;

/** Pushes a frame to listeners; those that are gone are forgotten. */
export type Tell = (listeners: readonly store.Listener[], frame: string) => Promise<unknown>;

export interface Present {
  count: number;
  members: string[];
}

/** Two tabs of one person are one member. */
export function presentAmong(listeners: readonly store.Listener[]): Present {
  const byKey = new Map(listeners.flatMap(({ alias }) => (alias === undefined ? [] : [[canonicalKey(alias), alias] as const])));
  const members = [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, alias]) => alias);
  return { count: members.length, members };
}

/**
 * Tells everybody in the room who is in it. Returns when those who are there by now have been told, by this call or by another one.
 * Cost: 1 write unit, 1 read unit per 4 KB of listeners, 1 push for each of them; for those who come while the gate is shut 2 write units, and the first
 * of them waits for half a second. A failure is logged: the next change tells all of it.
 */
export async function tell(topic: string, push: Tell): Promise<void> {
  try {
    const here = await store.listListeners(topic);
    if (here.length === 0) return;
    const everyMs = EVERY_MS.least + here.length * EVERY_MS.perMember;
    const gate = `presence#${topic}`;
    const outcome = await limit.passOrHoldBack(gate, everyMs);
    if (outcome === "passed") return await push(here, frameOf(topic, here)).then(() => undefined);
    if (outcome === "held back") return;
    await sleep(everyMs + MARGIN_MS);
    if (!(await limit.passHeldBack(gate, everyMs))) return; // who passed meanwhile has told it
    const now = await store.listListeners(topic);
    await push(now, frameOf(topic, now));
  } catch (error) {
    logger.warn("room_presence.failed", { topic }, error);
  }
}

const frameOf = (topic: string, listeners: readonly store.Listener[]): string =>
  JSON.stringify({ type: "room_presence", topic, room: idOf(topic), ...presentAmong(listeners) });

/** A connection has left these topics: of the rooms among them its alias is free again, if it was the last of its guest there, and the others are told. */
export async function left(topics: store.RemovedConnection["left"], push: Tell): Promise<void> {
  await Promise.all(
    topics.map(async ({ topic, alias }) => {
      if (kindOf(topic) !== "room" || alias === undefined) return;
      await release(topic, alias);
      await tell(topic, push);
    }),
  );
}

/**
 * Gives an alias back that no listener has any more. Who claims it has a listener first, and every claim is another one: so one that is claimed while this
 * looks is either seen among the listeners, or not given back. Cost: 2 read units, 1 write unit.
 */
export async function release(topic: string, alias: string): Promise<void> {
  const claim = await store.findClaim(topic, alias);
  if (claim === undefined || (await isHeld(topic, alias))) return;
  await store.releaseAlias(topic, alias, claim);
}

/** Has a listener of the room this alias, other than that of a connection? */
export async function isHeld(topic: string, alias: string, exceptConnection?: string): Promise<boolean> {
  const key = canonicalKey(alias);
  const listeners = await store.listListeners(topic, { alsoPending: true });
  return listeners.some(
    (listener) => listener.connection_id !== exceptConnection && listener.alias !== undefined && canonicalKey(listener.alias) === key,
  );
}
