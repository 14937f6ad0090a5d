import { uploads } from "@agora/core/storage";
import type { TableName } from "@agora/core/tables";

/*
 * What each function does with each table: pure data, read by the synthesis, and by the tests of `packages/local`, which fail when a handler makes a
 * call that is not among them. A function that does more adds it here, and to the list in functions.test.ts.
 */

/** All that a function may ever do with a table. Transactions need the actions that they consist of, and no Scan is among them. */
export type Action =
  "GetItem" | "BatchGetItem" | "Query" | "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "ConditionCheckItem";

/** What a function does with each table. A table that it does not name, it can neither read nor write. */
export type TableGrants = Partial<Record<TableName, readonly Action[]>>;

export const apiGrants = {
  // Who makes or joins a server is checked not to be called otherwise just then.
  Users: ["GetItem", "BatchGetItem", "Query", "UpdateItem", "ConditionCheckItem"],
  // The names of servers; those of accounts are claimed by `auth`.
  Names: ["PutItem", "DeleteItem"],
  // An access key is made only in a session that is alive.
  Sessions: ["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"],
  Servers: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"],
  Channels: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"],
  Members: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem"],
  // A pin that is taken off is deleted together with the mark on its message.
  Messages: ["BatchGetItem", "Query", "PutItem", "DeleteItem", "BatchWriteItem"],
  // To find who listens, and to forget who is gone or removed.
  Connections: ["GetItem", "Query", "DeleteItem"],
  Invites: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"],
  // They are made, and people let in by them, by `auth`.
  ServerPasswords: ["GetItem", "Query", "DeleteItem", "BatchWriteItem"],
  ReadStates: ["BatchGetItem", "Query", "UpdateItem", "BatchWriteItem"],
  Conversations: ["Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem"],
  Files: ["GetItem", "BatchGetItem", "PutItem", "UpdateItem"],
  Rooms: ["GetItem", "PutItem", "UpdateItem"],
  // How often those who look are told who is online, and who is writing.
  Limits: ["UpdateItem"],
} as const satisfies TableGrants;

export const authGrants = {
  Names: ["GetItem", "PutItem", "UpdateItem", "DeleteItem"],
  Users: ["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"],
  // A new password ends the other sessions.
  Sessions: ["GetItem", "Query", "PutItem", "DeleteItem"],
  Limits: ["UpdateItem"],
  // Server passwords: rights, the line of the audit log, who joins, and the server as they see it.
  ServerPasswords: ["Query", "PutItem", "DeleteItem", "ConditionCheckItem", "BatchWriteItem"],
  // Who deletes their account leaves what they are in, and goes on with servers that they have deleted.
  Servers: ["GetItem", "BatchGetItem", "UpdateItem", "DeleteItem"],
  Members: ["GetItem", "BatchGetItem", "Query", "PutItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem"],
  ReadStates: ["Query", "BatchWriteItem"],
  Invites: ["Query", "BatchWriteItem"],
  // Who looks at a server and may manage its channels goes on with what a deletion of one has left.
  Channels: ["Query", "DeleteItem"],
  Messages: ["Query", "PutItem", "BatchWriteItem"],
  // To find who listens, and to forget who is gone.
  Connections: ["GetItem", "Query", "DeleteItem"],
  Conversations: ["Query", "UpdateItem", "DeleteItem", "BatchWriteItem"],
  // With what was said in a channel go its files, and with an account its avatar.
  Files: ["GetItem", "UpdateItem"],
  // With an account its topics; what is in them is left to the job.
  Topics: ["Query", "PutItem", "UpdateItem", "DeleteItem"],
} as const satisfies TableGrants;

/** Topics and what is in them, and who calls. */
export const streamGrants = {
  // A group is made in a topic that is there, and goes with it.
  Topics: ["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem", "BatchWriteItem"],
  // A message of a channel comes with the beginning of what it answers.
  Messages: ["BatchGetItem", "Query", "PutItem", "BatchWriteItem"],
  // Who reads a channel.
  Servers: ["BatchGetItem"],
  Channels: ["BatchGetItem"],
  Members: ["BatchGetItem"],
  // Who calls by an access key, and when that was used.
  Sessions: ["GetItem", "UpdateItem"],
} as const satisfies TableGrants;

/** What is old goes from the tables into the bucket, and what is gone from both. */
export const jobsGrants = {
  Topics: ["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"],
  Messages: ["Query", "BatchWriteItem"],
} as const satisfies TableGrants;

export const socketGrants = {
  Connections: ["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"],
  // A ticket is taken away as it is shown, and its session must still be there.
  Sessions: ["GetItem", "DeleteItem"],
  Servers: ["GetItem", "BatchGetItem"],
  Channels: ["GetItem", "BatchGetItem"],
  Members: ["BatchGetItem"],
  Messages: ["BatchGetItem", "Query", "PutItem"],
  ReadStates: ["BatchGetItem", "UpdateItem"],
  // What is said in a conversation: who is in it, the account of who says it, and when it was said.
  Conversations: ["Query", "UpdateItem"],
  Users: ["GetItem"],
  // A room is made by whoever comes in first, and kept alive by who is in it.
  Rooms: ["GetItem", "PutItem", "UpdateItem"],
  // Images for rooms.
  Files: ["GetItem", "BatchGetItem", "PutItem", "UpdateItem"],
  Limits: ["UpdateItem"],
} as const satisfies TableGrants;

/**
 * The pages read what the API reads, and their forms work without JavaScript: they make servers (with a name and a first channel), invites and
 * messages in this process. Accounts, their names and their sessions are made over HTTP by the `auth` function, and tickets by the API.
 */
export const siteGrants = {
  ...apiGrants,
  Sessions: ["GetItem", "Query", "UpdateItem", "DeleteItem"],
  Topics: streamGrants.Topics,
} as const satisfies TableGrants;

/** All that a function may ever do with the objects under a prefix. A copy reads one and puts another. */
export type FileAction = "GetObject" | "PutObject" | "DeleteObject";
export type FileGrants = Record<string, readonly FileAction[]>;

const kept = {
  [uploads.files]: ["GetObject", "PutObject", "DeleteObject"],
  [uploads.images]: ["GetObject", "PutObject", "DeleteObject"],
} as const satisfies FileGrants;

/** Messages that are too large for the table, and those that have left it. */
export const streamFiles = { [uploads.streams]: ["GetObject", "PutObject", "DeleteObject"] } as const satisfies FileGrants;
export const jobsFiles = { [uploads.streams]: ["GetObject", "PutObject", "DeleteObject"] } as const satisfies FileGrants;

/** A form that it has signed may do no more than itself: it puts what comes in; and so a link: it gets an image of a room. */
export const apiFiles = {
  [uploads.pending]: ["GetObject", "PutObject", "DeleteObject"],
  ...kept,
  [uploads.rooms]: ["GetObject"],
} as const satisfies FileGrants;
/** Images for rooms: it signs forms for them, and keeps what is sent. */
export const socketFiles = {
  [uploads.pending]: ["GetObject", "PutObject"],
  [uploads.rooms]: ["GetObject", "PutObject"],
} as const satisfies FileGrants;
/** Its forms send and delete messages in this process, and ask the API for forms of files. */
export const siteFiles = { [uploads.pending]: ["GetObject", "DeleteObject"], ...kept, ...streamFiles } as const satisfies FileGrants;
/** With what was said in a channel go its files, with a server its icon, with an account its avatar. */
export const authFiles = {
  [uploads.pending]: ["DeleteObject"],
  [uploads.files]: ["DeleteObject"],
  [uploads.images]: ["DeleteObject"],
} as const satisfies FileGrants;
