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
  Users: ["GetItem"],
  // The names of servers; those of accounts are claimed by `auth`.
  Names: ["PutItem", "DeleteItem"],
  Sessions: ["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"],
  Servers: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"],
  Channels: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"],
  Members: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem"],
  Messages: ["BatchGetItem", "Query", "PutItem", "BatchWriteItem"],
  // To find who listens, and to forget who is gone or removed.
  Connections: ["GetItem", "Query", "DeleteItem"],
  Invites: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"],
  // They are made, and people let in by them, by `auth`.
  ServerPasswords: ["GetItem", "Query", "DeleteItem", "BatchWriteItem"],
  ReadStates: ["BatchGetItem", "Query", "UpdateItem", "BatchWriteItem"],
  // How often those who look are told who is online, and who is writing.
  Limits: ["UpdateItem"],
} as const satisfies TableGrants;

export const authGrants = {
  Names: ["GetItem", "PutItem"],
  Users: ["GetItem", "PutItem"],
  Sessions: ["PutItem"],
  Limits: ["UpdateItem"],
  // Server passwords: rights, the line of the audit log, who joins, and the server as they see it.
  ServerPasswords: ["Query", "PutItem", "DeleteItem", "ConditionCheckItem"],
  Servers: ["BatchGetItem", "UpdateItem"],
  Members: ["GetItem", "BatchGetItem", "PutItem", "DeleteItem", "ConditionCheckItem"],
  ReadStates: ["Query"],
  // Who looks at a server and may manage its channels goes on with what a deletion of one has left.
  Channels: ["Query", "DeleteItem"],
  Messages: ["Query", "PutItem", "BatchWriteItem"],
  // To find who listens, and to forget who is gone.
  Connections: ["Query", "DeleteItem"],
} as const satisfies TableGrants;

export const socketGrants = {
  Connections: ["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"],
  // A ticket is taken away as it is shown, and its session must still be there.
  Sessions: ["GetItem", "DeleteItem"],
  Servers: ["GetItem", "BatchGetItem"],
  Channels: ["GetItem", "BatchGetItem"],
  Members: ["BatchGetItem"],
  Messages: ["Query", "PutItem"],
  ReadStates: ["BatchGetItem", "UpdateItem"],
  Limits: ["UpdateItem"],
} as const satisfies TableGrants;

/**
 * The pages read what the API reads, and their forms work without JavaScript: they make servers (with a name and a first channel), invites and
 * messages in this process. Accounts, their names and their sessions are made over HTTP by the `auth` function, and tickets by the API.
 */
export const siteGrants = { ...apiGrants, Sessions: ["GetItem", "Query", "UpdateItem", "DeleteItem"] } as const satisfies TableGrants;
