import type { Author, Message } from "../protocol/message";
import type { Audience, Hint } from "../realtime/publish";
import type { Passage, Wish } from "./slow-mode";

/*
 * A place is where messages are. What people do with a message is the same everywhere (`core/src/message`); what a place decides is who may, whom a text
 * can name, and who is told what.
 */

export interface ChannelPath {
  server_id: string;
  channel_id: string;
}

/** Of a direct conversation or a group. */
export interface ConversationPath {
  dm_id: string;
}

/** How a request names a place. */
export type PlacePath = ChannelPath | ConversationPath;

/** Somebody who reads in a place: by which roles a text names them, beside their own name. */
export interface Reader {
  user_id: string;
  role_ids: readonly string[];
}

/** Whom a text names. */
interface Named {
  readers: Reader[];
  roleIds: string[];
}

/** The log of a place, and who may read it at the moment that is asked for. */
export interface Readership {
  logId: string;
  /** Of a channel. */
  serverId: string | undefined;
  /** Cost: 1 read unit; in a private channel 1 more, and 1 for each account. */
  audienceNow: Audience;
  /** Those of the accounts who may read here. Cost: 1 read unit for each account, and `audienceNow`. */
  readersNow(userIds: readonly string[]): Promise<Reader[]>;
}

/** A place as somebody who is in it found it. */
export interface Place extends Readership {
  /** Who it was entered as. */
  reader: Reader;
  /** What they are called here. Cost: in a conversation 1 read unit. */
  author(): Promise<Author>;
  /** As it was when it was entered: those of the accounts who read here, in the same order. Cost: 1 read unit each. */
  readersAmong(userIds: readonly string[]): Promise<Reader[]>;
  /** @throws auth.denied for those who may not pin here. */
  assertMayPin(): void;
  /**
   * Whom a text by them names. Cost: `readersAmong`; 1 write unit where a role is named anew.
   * @param before roles that it named already, when it is changed: to go on naming them is free.
   */
  namedIn(content: string, before?: readonly string[]): Promise<Named>;
  /** @throws auth.denied */
  assertMayAttach(): void;
  /** @throws limit.slow_mode, message.conflict. See `passSlowMode`. */
  pass(wish: Wish): Promise<Passage>;
  /** What is noted beside the log when something is said. Safe to run twice. */
  noteSaid(message: Message, opensBurst: boolean): Promise<void>;
  /** What those are told of a new message who do not look at the place. `opensBurst`: nothing was said here lately. */
  hintOf(message: Message, opensBurst: boolean): Hint | undefined;
}
