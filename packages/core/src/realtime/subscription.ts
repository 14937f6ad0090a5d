import type { Account } from "../lib/actor";
import { ConditionFailed } from "../lib/dynamo";
import { AppError, isAppError } from "../lib/error";
import { idOf, kindOf } from "../lib/topic";
import * as log from "../log/index";
import { toMessages } from "../message/shown";
import { enter, logOf, placeOfTopic } from "../place/index";
import type { SubscribedTopic } from "../protocol/frames";
import { limits } from "../protocol/limits";
import { asMember } from "../server/access";
import * as presence from "./presence";
import * as store from "./store";

/** What one topic may bring along of what was missed, and all of a frame together; it has room for a few topics, and the rest is paged in. */
const MISSED_MAX = 50;
const MISSED_MAX_IN_ALL = 500;
/** The frame's own words and what API Gateway counts beside the payload. */
const FRAME_RESERVE_BYTES = 2 * 1024;

interface Wanted {
  topic: string;
  after?: number | undefined;
}

/**
 * Makes the connection a listener of the topics that its actor may see, and answers what it missed of each since `after`. From the moment that
 * this returns, every entry is in the answer, behind the gap that the answer names, or will be pushed: the listener is stored before the log is read.
 * @throws limit.topics, auth.invalid
 * Cost: 1 read unit, 6 a channel and 2 another topic for the rights, 1 per 4 KB of what was missed (and see `toMessages`), 1 write unit, 2 a channel and
 * 1 another topic; for servers see `presence.came`.
 */
export async function subscribe(
  actor: Account,
  { connection_id, topics }: { connection_id: string; topics: Wanted[] },
): Promise<{ topics: SubscribedTopic[]; denied: string[] }> {
  const wanted = [...new Map(topics.map((one) => [one.topic, one])).values()];
  const may = await Promise.all(wanted.map(({ topic }) => mayListen(actor, topic)));
  const allowed = wanted.filter((_, i) => may[i]);
  const denied = wanted.filter((_, i) => !may[i]).map(({ topic }) => topic);
  if (allowed.length === 0) return { topics: [], denied };

  await addTopics(
    connection_id,
    allowed.map(({ topic }) => topic),
  );
  const listening = await Promise.all(allowed.map(({ topic }) => listen(actor, connection_id, topic)));
  const heard = allowed.filter((_, i) => listening[i]);
  const lost = allowed.filter((_, i) => !listening[i]).map(({ topic }) => topic);

  const [missed] = await Promise.all([
    Promise.all(heard.map((one) => readMissed(actor, one, Math.min(MISSED_MAX, Math.ceil(MISSED_MAX_IN_ALL / allowed.length))))),
    assertOpen(connection_id, allowed),
    ...heard.flatMap(({ topic }) => (kindOf(topic) === "server" ? presence.came(idOf(topic)) : [])),
  ]);
  const answered = fitIntoFrame(missed, denied.length + lost.length);
  await Promise.all(answered.map((one, i) => tellApart(actor, connection_id, missed[i], one)));
  return { topics: answered, denied: [...denied, ...lost] };
}

/**
 * Makes the connection a listener. False if the actor has lost the right to meanwhile.
 *
 * A channel can be taken out of somebody's sight without an end of their membership, and somebody can go out of a conversation. Who does so closes the sockets of those who listen, after it is
 * stored. So a listener is stored as pending first, when nothing is pushed to it but it can be found; then the right is looked up again: whoever took it
 * away has either done so before, and it is seen here, or finds the listener and takes it away, and it cannot be made active.
 * (A removal from the server closes all sockets of the account: see `assertOpen`.)
 * Cost: 1 write unit; for a place 3 read units and 1 write unit more.
 */
async function listen(actor: Account, connectionId: string, topic: string): Promise<boolean> {
  const isHideable = placeOfTopic(topic) !== undefined;
  await store.putListener(topic, connectionId, actor.user_id, isHideable);
  if (!isHideable) return true;
  const isListening = (await mayListen(actor, topic)) && (await store.activateListener(topic, connectionId));
  if (!isListening) await store.removeListener(topic, connectionId);
  return isListening;
}

/** A connection that was closed from our side between the two writes has left listeners that nobody else takes away. */
async function assertOpen(connectionId: string, topics: Wanted[]): Promise<void> {
  if (await store.findConnection(connectionId)) return;
  await Promise.all(topics.map(({ topic }) => store.removeListener(topic, connectionId)));
  throw closed();
}

const closed = (cause?: unknown) => new AppError("auth.invalid", "This connection is closed.", { cause });

/** Cost: 1 read unit, 1 write unit and 1 a topic that is listened to. */
export async function unsubscribe(actor: Account, { connection_id, topics }: { connection_id: string; topics: string[] }): Promise<void> {
  const row = await store.findConnection(connection_id);
  const names = [...new Set(topics)].filter((topic) => row?.topics.has(topic)); // what is not listened to costs nothing
  if (names.length === 0) return;
  await Promise.all(names.map((topic) => store.removeListener(topic, connection_id)));
  await presence.left(actor.user_id, names);
  await store.removeTopics(connection_id, names);
}

/**
 * Notes what the connection is about to listen to: see `store.addTopics`. What is noted already takes no room.
 * @throws limit.topics, auth.invalid. Cost: 1 write unit.
 */
export async function addTopics(connectionId: string, topics: string[]): Promise<void> {
  try {
    await store.addTopics(connectionId, topics, limits.topicsPerConnectionMax);
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    if (!error.item) throw closed(error);
    const has = error.item["topics"] instanceof Set ? error.item["topics"] : new Set();
    const fresh = topics.filter((topic) => !has.has(topic));
    if (fresh.length === 0) return; // what is listened to again takes no room
    if (fresh.length < topics.length) return addTopics(connectionId, fresh);
    throw new AppError("limit.topics", `A connection may listen to ${limits.topicsPerConnectionMax} topics.`, { cause: error });
  }
}

const HIDDEN = ["server.not_found", "channel.not_found", "conversation.not_found"] as const;

/** May the actor hear what is said there? What is hidden and what does not exist are one answer. */
async function mayListen(actor: Account, topic: string): Promise<boolean> {
  const id = idOf(topic);
  try {
    switch (kindOf(topic)) {
      case "channel":
      case "dm": {
        const path = placeOfTopic(topic);
        if (!path) return false;
        await enter(actor, path);
        return true;
      }
      case "server":
      case "presence":
        await asMember(actor, id);
        return true;
      case "user":
        return id === actor.user_id;
      default:
        return false;
    }
  } catch (error) {
    if (HIDDEN.some((code) => isAppError(error, code))) return false;
    throw error;
  }
}

/** Only places have a log behind them; the head of the others is 0. */
async function readMissed({ user_id }: Account, { topic, after }: Wanted, limit: number): Promise<SubscribedTopic> {
  if (kindOf(topic) === "presence") return { topic, head: 0, online: await presence.look(idOf(topic)) };
  const path = placeOfTopic(topic);
  if (!path || logOf(path) === undefined) return { topic, head: 0 };
  if (after === undefined) return { topic, head: await log.head(topic) };
  const { entries, has_more, head } = await log.page(topic, { after, limit });
  return has_more ? { topic, head, gap: true } : { topic, head, entries: await toMessages(topic, entries, user_id) };
}

/** Who is online, where it found no room in the answer: as a frame of its own. */
async function tellApart(
  { user_id }: Account,
  connection_id: string,
  missed: SubscribedTopic | undefined,
  answered: SubscribedTopic,
): Promise<void> {
  if (missed?.online && !answered.online) await presence.tell({ topic: missed.topic, connection_id, user_id }, missed.online);
}

/** Topics whose entries find no room in a frame say so; their client pages them in. */
function fitIntoFrame(topics: SubscribedTopic[], denied: number): SubscribedTopic[] {
  let room = limits.frameMaxBytes - FRAME_RESERVE_BYTES - (topics.length + denied) * (limits.topicMax + 64);
  return topics.map((subscribed) => {
    if (subscribed.online) {
      const bytes = Buffer.byteLength(JSON.stringify(subscribed.online));
      if (bytes > room) return { topic: subscribed.topic, head: subscribed.head };
      room -= bytes;
      return subscribed;
    }
    if (!subscribed.entries || subscribed.entries.length === 0) return subscribed;
    const bytes = Buffer.byteLength(JSON.stringify(subscribed.entries));
    if (bytes > room) return { topic: subscribed.topic, head: subscribed.head, gap: true };
    room -= bytes;
    return subscribed;
  });
}
