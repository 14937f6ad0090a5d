import type { Account, Guest } from "../lib/actor";
import { AppError } from "../lib/error";
import { HOUR_MS } from "../lib/expiry";
import { idOf as roomOfTopic, roomTopic } from "../lib/topic";
import * as limit from "../limit/index";
import { canonicalKey } from "../protocol/characters";
import type { SingleFrame } from "../protocol/frames";
import { limits } from "../protocol/limits";
import { pushAndForget } from "../realtime/publish";
import * as roomPresence from "../realtime/room-presence";
import { presentAmong } from "../realtime/room-presence";
import * as realtime from "../realtime/store";
import { addTopics } from "../realtime/subscription";
import { friendlyAlias } from "./alias";
import { isRightCode } from "./code";
import { assertOpen, findOrMake, keepAlive } from "./life";
import { pageOf, recent } from "./page";
import * as store from "./store";
import type { RoomRow } from "./store";

/** Of an address or an account, in a minute. A school that comes in at once has one address. */
const joins = { max: 300, windowSeconds: 60, code: "limit.join" } as const;
/** Guesses of a room's code from an address, or by an account: each is a hash. */
const guesses = { max: 20, windowSeconds: 300, code: "limit.join" } as const;

const ALIAS_TRIES = 8;

type Joined = Extract<SingleFrame, { type: "joined" }>;

/** Who they are in the log and among the listeners. */
export const idOf = (actor: Account | Guest): string => (actor.kind === "account" ? actor.user_id : actor.guest_id);

/** Who counts as one for limits. */
export const personOf = (actor: Account | Guest): string => (actor.kind === "account" ? actor.user_id : actor.person);

/**
 * Comes into a room under an alias that nobody else has there; it is made if it does not live. Again on the same connection it changes the alias, or
 * nothing. From the moment that this returns, every message is in the answer, older than what it begins with, or will be pushed.
 * @returns the answer, and what is to be done when it is given: the others are told.
 * @throws room.closed, room.code_required, room.code_wrong, room.alias_taken, room.full, limit.join, limit.rooms, limit.topics, auth.invalid
 * Cost: 5 write units, 7 read units, 1 read unit per 4 KB of what was said; with a code that of `isRightCode`; see `findOrMake`, `roomPresence.tell`.
 */
export async function join(
  actor: Account | Guest,
  {
    connection_id,
    room,
    alias,
    code,
    after,
  }: { connection_id: string; room: string; alias?: string | undefined; code?: string | null | undefined; after?: number | undefined },
): Promise<{ joined: Joined; tellOthers: () => Promise<void> }> {
  const topic = roomTopic(room);
  await limit.take({ ...joins, key: `join-room#${realtime.ownerOf(actor)}` });
  const [row, before] = await Promise.all([findOrMake(room, realtime.ownerOf(actor)), realtime.findListener(topic, connection_id)]);
  if (!before) await assertKnowsCode(actor, row, code ?? undefined);

  const isSame = before?.alias !== undefined && (alias === undefined || before.alias === alias);
  const name = isSame ? (before.alias ?? "") : await enterAs(actor, connection_id, topic, alias);
  if (!isSame && before?.alias !== undefined && canonicalKey(before.alias) !== canonicalKey(name))
    await roomPresence.release(topic, before.alias);

  const [here, said] = await Promise.all([realtime.listListeners(topic), recent(row, after), keepAlive(row)]);
  const joined: Joined = { type: "joined", room, alias: name, ...presentAmong(here), ...said, expires_after_hours: row.ttl_ms / HOUR_MS };
  return { joined, tellOthers: () => (isSame ? Promise.resolve() : roomPresence.tell(topic, pushAndForget)) };
}

/** @throws room.code_required, room.code_wrong, limit.join */
async function assertKnowsCode(actor: Account | Guest, { room, code: kept }: RoomRow, code: string | undefined): Promise<void> {
  if (!kept) return;
  if (code === undefined || code === "") throw new AppError("room.code_required", "This room has a code. Ask whoever sent you here.");
  await limit.take({ ...guesses, key: `room-code#${room}#${realtime.ownerOf(actor)}` });
  if (!(await isRightCode(kept, code))) throw new AppError("room.code_wrong", "That is not the code of this room.");
}

/** Enters under the alias that is wished for, or under one that is free. @throws room.alias_taken, room.full, auth.invalid, limit.topics */
async function enterAs(actor: Account | Guest, connectionId: string, topic: string, wished: string | undefined): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const alias = wished ?? friendlyAlias();
    const outcome = await enter(actor, connectionId, topic, alias);
    if (outcome === "entered") return alias;
    if (outcome === "full") throw new AppError("room.full", `There are ${limits.roomMembersMax} people in this room already.`);
    if (wished !== undefined || attempt === ALIAS_TRIES)
      throw new AppError("room.alias_taken", "Somebody here is called so already. Choose another name.");
  }
}

/**
 * The listener is stored first, pending, so that whoever looks whether the alias is still held finds it; then the alias is claimed; then it is looked up
 * again whether the room is open and has room, and nothing is pushed before.
 */
async function enter(actor: Account | Guest, connectionId: string, topic: string, alias: string): Promise<"entered" | "taken" | "full"> {
  const userId = idOf(actor);
  await addTopics(connectionId, [topic]);
  await realtime.putListener(topic, connectionId, userId, true, alias);
  try {
    if (!(await claim(topic, alias, userId, connectionId))) return await goBack("taken");
    const [here, row, connection] = await Promise.all([
      realtime.listListeners(topic, { alsoPending: true }),
      store.find(roomOfTopic(topic)),
      realtime.findConnection(connectionId),
    ]);
    if (!connection) throw new AppError("auth.invalid", "This connection is closed.");
    if (row) assertOpen(row);
    if (presentAmong(here).count > limits.roomMembersMax) return await goBack("full");
    if (!(await realtime.activateListener(topic, connectionId))) throw new AppError("auth.invalid", "This connection is closed.");
    return "entered";
  } catch (error) {
    await goBack("failed");
    throw error;
  }

  async function goBack<T>(outcome: T): Promise<T> {
    await realtime.removeListener(topic, connectionId);
    await roomPresence.release(topic, alias);
    return outcome;
  }
}

/** An alias that was left behind is taken over, if no listener has it. */
async function claim(topic: string, alias: string, userId: string, connectionId: string): Promise<boolean> {
  if (await realtime.claimAlias(topic, alias, userId, connectionId)) return true;
  if (await roomPresence.isHeld(topic, alias, connectionId)) return false;
  const over = await realtime.findClaim(topic, alias);
  return realtime.claimAlias(topic, alias, userId, connectionId, over);
}

/** Goes out of a room. Safe to repeat. @returns what is to be done then: the others are told. Cost: 3 write units, 2 read units. */
export async function leave({ connection_id, room }: { connection_id: string; room: string }): Promise<(() => Promise<void>) | undefined> {
  const topic = roomTopic(room);
  const alias = await realtime.removeListener(topic, connection_id);
  if (alias === undefined) return undefined;
  await realtime.removeTopics(connection_id, [topic]);
  await roomPresence.release(topic, alias);
  return () => roomPresence.tell(topic, pushAndForget);
}

/** Who is there, for one of them. @throws room.not_found. Cost: 2 read units. */
export async function who({ connection_id, room }: { connection_id: string; room: string }): Promise<roomPresence.Present> {
  const topic = roomTopic(room);
  const [, listeners] = await Promise.all([asPresent(topic, connection_id), realtime.listListeners(topic)]);
  return presentAmong(listeners);
}

/** What was said before a number, or after it. @throws room.not_found. Cost: 2 read units, and 1 per 4 KB of messages. */
export async function messages({
  connection_id,
  room,
  ...range
}: {
  connection_id: string;
  room: string;
  before?: number | undefined;
  after?: number | undefined;
}) {
  const topic = roomTopic(room);
  const [row] = await Promise.all([store.find(room), asPresent(topic, connection_id)]);
  if (!row) throw notHere();
  return pageOf(row, range);
}

/** The alias of a connection in a room. @throws room.not_found for one that is not in it. Cost: 1 read unit. */
export async function asPresent(topic: string, connectionId: string): Promise<string> {
  const listener = await realtime.findListener(topic, connectionId);
  if (listener?.alias === undefined) throw notHere();
  return listener.alias;
}

export const notHere = () => new AppError("room.not_found", "You are not in this room.");
