import type { Account, Guest } from "../lib/actor";
import { AppError } from "../lib/error";
import { randomText } from "../lib/id";
import { roomTopic } from "../lib/topic";
import * as limit from "../limit/index";
import * as log from "../log/index";
import { onceInThisProcess } from "../message/announce";
import { findAnswered } from "../message/reply";
import { toMessageWithReply, withOriginal } from "../message/shown";
import { toMessage } from "../message/stored";
import type { MessageEntry } from "../message/stored";
import { limits } from "../protocol/limits";
import type { Message } from "../protocol/message";
import type { StoredAttachment } from "../protocol/upload";
import { announceToOthers, publish } from "../realtime/publish";
import { assertOpen, keepAlive } from "./life";
import { claimImages } from "./images";
import { asPresent, idOf, notHere, personOf } from "./membership";
import { floorOf, settle } from "./numbering";
import { isInTime } from "./page";
import * as store from "./store";
import type { RoomRow } from "./store";

const perPerson = { max: limits.roomMessagesPerMinute, windowMs: 60_000, code: "limit.room_messages" } as const;
/** Whoever comes under new names is a new person each time, and still is held to this; no address can silence a room. */
const perAddress = { max: limits.roomMessagesPerAddress, windowSeconds: 60, code: "limit.room_messages" } as const;
/** A crowd is looked at once in so many messages. */
const LOOKED_AT_EVERY = 50;
const COOL_DOWN_MS = 20_000;

const NONCE_CHARACTERS = 16;

interface Saying {
  connection_id: string;
  room: string;
  content: string;
  nonce?: string | undefined;
  after?: number | undefined;
  reply_to?: number | undefined;
  attachments?: readonly string[] | undefined;
}

/**
 * Says something in a room that the connection is in. As `message.send`, with two differences: a person says at most thirty things within any minute, in
 * all rooms together, and a repeat that comes after its copy has expired is a new message.
 * @throws room.not_found for one who is not in it, room.closed, limit.room_messages, input.invalid (it answers what is not there), message.conflict, unavailable;
 * for images what `upload.claimForRoom` throws
 * Cost: 2 read units, half a read unit for the end of the log, 1 write unit for the limit and 1 more of a guest, 1 write unit per KB, 1 read unit per 4 KB
 * of listeners, 1 push for each; sometimes what `keepAlive`, `floorOf` and `settle` cost; for images `upload.claimForRoom`.
 */
export async function say(
  actor: Account | Guest,
  { connection_id, room, content, nonce, after, reply_to, attachments = [] }: Saying,
): Promise<{ message: Message; repeated: boolean }> {
  const topic = roomTopic(room);
  const lookBehind = nonce === undefined ? log.NO_COPY : after;
  const ahead = log.lookAhead(topic, lookBehind);
  const [alias, row] = await Promise.all([asPresent(topic, connection_id), store.find(room)]);
  if (!row) throw notHere();
  assertOpen(row);
  const name = nonce ?? randomText(NONCE_CHARACTERS);
  await limit.takeSliding({ ...perPerson, key: `say#${personOf(actor)}` }, `${room}#${name}`);
  if (actor.kind === "guest") await limit.take({ ...perAddress, key: `say-of#${actor.address}#${room}` });
  assertCool(row);

  const guest_id = idOf(actor);
  const said = { authorId: guest_id, nonce, after };
  const answered = reply_to === undefined ? undefined : await findAnswered(topic, reply_to, said, (original) => isInTime(original, row));
  const images = await claimImages(row, attachments, { guest_id, nonce: name }); // last, as in `message.send`
  return put(
    row,
    { author: alias, guest_id, content, nonce: name, reply_to, images },
    { after: answered?.copyBehind ?? lookBehind, ahead, original: answered?.original },
  );
}

interface Words {
  /** By which alias. */
  author: string;
  guest_id: string;
  content: string;
  nonce: string;
  reply_to?: number | undefined;
  images?: StoredAttachment[];
}

interface Putting {
  after?: number | undefined;
  ahead?: ReturnType<typeof log.lookAhead>;
  original?: MessageEntry | undefined;
}

/** Stores a message, with the time of its end, and pushes it. Cost: see `say`. */
export async function put(
  row: RoomRow,
  { author, guest_id, content, nonce, reply_to, images = [] }: Words,
  { after, ahead, original }: Putting = {},
): Promise<{ message: Message; repeated: boolean }> {
  const topic = roomTopic(row.room);
  const [floor] = await Promise.all([floorOf(row, ahead ?? log.lookAhead(topic, after)), keepAlive(row)]);
  const now = Date.now();
  const draft = {
    author: { id: null, username: author, display_name: null, avatar_url: null },
    guest_id,
    content,
    created_at: now,
    nonce,
    expires_on: Math.ceil((now + row.ttl_ms) / 1000),
    ...(reply_to === undefined ? {} : { reply_to }),
    ...(images.length > 0 ? { attachments: images } : {}),
  };
  const { entry, repeated } = await log.append<MessageEntry>(topic, draft, { after, ahead, floor });
  const message = repeated
    ? await toMessageWithReply(entry, (original) => isInTime(original, row))
    : withOriginal(toMessage(entry), original);
  await onceInThisProcess(`${topic}#${message.seq}`, async () => {
    await Promise.all([
      publish(topic, { type: "new_message", topic, seq: message.seq, message }),
      settle(row, message.seq),
      repeated ? undefined : coolDownIfHot(row, message.seq),
    ]);
  });
  return { message, repeated };
}

/** @throws limit.room_messages */
function assertCool({ hot_until }: RoomRow): void {
  const waitMs = hot_until - Date.now();
  if (waitMs <= 0) return;
  throw new AppError("limit.room_messages", "Too much is said here at once. Wait a little, then go on.", {
    retryAfterSeconds: waitMs / 1000,
  });
}

/** What all of them say is counted by the log itself: were so many numbers given within a minute? Cost: once in fifty messages 1 read unit. */
async function coolDownIfHot(row: RoomRow, seq: number): Promise<void> {
  const first = seq - limits.roomMessagesInAllPerMinute;
  if (seq % LOOKED_AT_EVERY !== 0 || first <= row.floor) return;
  const entry = await log.find(roomTopic(row.room), first);
  if ((entry?.created_at ?? 0) > Date.now() - 60_000) await store.coolDown(row, Date.now() + COOL_DOWN_MS);
}

const TYPING_EVERY_MS = 4_000;

/** Tells the others in a room that the actor is writing. @throws room.not_found. Cost: 1 read unit, 1 write unit, 1 read unit for the listeners, 1 push to each other one. */
export async function type(actor: Account | Guest, { connection_id, room }: { connection_id: string; room: string }): Promise<void> {
  const topic = roomTopic(room);
  const alias = await asPresent(topic, connection_id);
  if (!(await limit.passes(`typing#${idOf(actor)}#${topic}`, TYPING_EVERY_MS))) return;
  const user = { id: null, username: alias, display_name: null, avatar_url: null };
  await announceToOthers(topic, idOf(actor), { type: "typing", topic, user });
}
