import { createHash, randomBytes } from "node:crypto";
import { limits } from "../protocol/limits";

/** Crockford's base 32 in lower case: no i, l, o, u, so that no two characters look alike. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Bits of chance in an id: 80, so that a billion of them meet with a chance below one in a million. */
const ID_CHARACTERS = 16;
const CHANNEL_CHARACTERS = 8;
/** 65 bits: an invite's code is all that a stranger would have to guess. */
const INVITE_CHARACTERS = 13;

/** `characters` × 5 random bits. */
export const randomText = (characters: number): string => inAlphabet(randomBytes(characters));

function inAlphabet(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += ALPHABET.charAt(byte & 31);
  return text;
}

export type IdPrefix = "usr" | "srv" | "chn" | "ses" | "rol" | "pwd" | "dm" | "upl" | "gst" | "key" | "top";

export const newId = (prefix: IdPrefix): string => `${prefix}_${randomText(ID_CHARACTERS)}`;

export const newInviteCode = (): string => randomText(INVITE_CHARACTERS);

/**
 * A channel's id begins with its server's, so that a topic like `channel:<id>`, which names no server, leads to the server without an index
 * and without a read. Clients must not rely on it.
 */
export const newChannelId = (serverId: string): string => `chn_${serverId.slice("srv_".length)}${randomText(CHANNEL_CHARACTERS)}`;

/** The id of the server that the channel is in, or undefined for what cannot be a channel's id. */
export function serverOfChannel(channelId: string): string | undefined {
  const match = new RegExp(`^chn_([0-9a-z]{${ID_CHARACTERS}})[0-9a-z]{${CHANNEL_CHARACTERS}}$`).exec(channelId);
  return match ? `srv_${match[1]}` : undefined;
}

/** Bits of the digest in an id: 130, so that nobody finds two pairs of people with one conversation. */
const DIRECT_CHARACTERS = 26;

/** The direct conversation of two accounts: the same whichever of them asks, so that they cannot start two. */
export function directConversationId(userId: string, otherId: string): string {
  const pair = [userId, otherId].sort().join(" ");
  return `dm_${inAlphabet(createHash("sha256").update(pair).digest().subarray(0, DIRECT_CHARACTERS))}`;
}

/** A channel's log, and the topic of those who look at it, have one name. */
export const channelLog = (channelId: string): string => `channel:${channelId}`;

/** The log of a topic that has this id; another topic of its name has another one. */
export const topicLog = (topicId: string): string => `topic:${topicId}`;

/** As `channelLog`. */
export const conversationLog = (conversationId: string): string => `dm:${conversationId}`;

/** What the logs of all channels of a server begin with, and no others. */
export const logPrefixOfServer = (serverId: string): string => `channel:chn_${serverId.slice("srv_".length)}`;

/** What is pinned in a log: a row for each message that is, under the number of the message. */
export const pinsLog = (logId: string): string => `pins:${logId}`;

/** Who did what in a server, and what was reported there. */
export const auditLog = (serverId: string): string => `audit:${serverId}`;
export const reportsLog = (serverId: string): string => `reports:${serverId}`;

/** The built-in role that every member has. */
export const everyoneRoleId = (serverId: string): string => `rol_${serverId.slice("srv_".length)}`;

/** May this text be such an id? What may not leads nowhere, and must not reach a table as a key. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.length <= limits.idMax && new RegExp(`^${prefix}_[0-9a-z]+$`).test(text);
}
