/*
 * What a connection can listen to; `protocol/frames.ts` says what comes by each. The topic of a channel is its log's name: `channelLog` in `id.ts`.
 */

export const serverTopic = (serverId: string): string => `server:${serverId}`;

/** For those who look at who is online in a server. */
export const presenceTopic = (serverId: string): string => `presence:${serverId}`;

/** A room's log, and the topic of those who are in it, have one name. */
export const roomTopic = (room: string): string => `room:${room}`;

export const userTopic = (userId: string): string => `user:${userId}`;

/** `channel:chn_1` is of the kind `channel`, and of the id `chn_1`; what has no colon is of no kind that there is. */
export const kindOf = (topic: string): string => topic.slice(0, topic.indexOf(":"));
export const idOf = (topic: string): string => topic.slice(topic.indexOf(":") + 1);
