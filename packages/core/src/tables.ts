/**
 * Every table of Agora: keys, indexes and the attribute by which DynamoDB expires items. Pure data, read by `packages/infra` (which makes
 * the tables on AWS) and by `packages/local` (which makes them on one machine), so that the two cannot drift apart.
 * The shape is that of `sst.aws.Dynamo`. What a table holds is said at the head of the `store.ts` that speaks to it.
 */
export interface TableDefinition {
  /** The key attributes, and no others: DynamoDB has no schema for the rest. */
  fields: Record<string, "string" | "number">;
  primaryIndex: IndexKey;
  globalIndexes?: Record<string, IndexKey & { projection: "all" | "keys-only" }>;
  /** The attribute that holds the time of expiry, in seconds since the epoch. DynamoDB deletes late, so readers check it too. */
  ttl?: typeof TTL_ATTRIBUTE;
}

interface IndexKey {
  hashKey: string;
  rangeKey?: string;
}

export const TTL_ATTRIBUTE = "expires_on";

export const tables = {
  Users: {
    fields: { id: "string", username_prefix: "string", username: "string" },
    primaryIndex: { hashKey: "id" },
    globalIndexes: { by_username: { hashKey: "username_prefix", rangeKey: "username", projection: "all" } },
  },
  Names: { fields: { name: "string" }, primaryIndex: { hashKey: "name" } },
  Sessions: {
    fields: { id: "string", user_id: "string" },
    primaryIndex: { hashKey: "id" },
    globalIndexes: { by_user: { hashKey: "user_id", rangeKey: "id", projection: "all" } },
    ttl: TTL_ATTRIBUTE,
  },
  Servers: {
    fields: { id: "string", discovery: "string", name_key: "string" },
    primaryIndex: { hashKey: "id" },
    globalIndexes: { by_discovery: { hashKey: "discovery", rangeKey: "name_key", projection: "keys-only" } },
  },
  Channels: { fields: { server_id: "string", id: "string" }, primaryIndex: { hashKey: "server_id", rangeKey: "id" } },
  Members: {
    fields: { server_id: "string", user_id: "string" },
    primaryIndex: { hashKey: "server_id", rangeKey: "user_id" },
    globalIndexes: { by_user: { hashKey: "user_id", rangeKey: "server_id", projection: "all" } },
  },
  Messages: {
    fields: { log_id: "string", seq: "number" },
    primaryIndex: { hashKey: "log_id", rangeKey: "seq" },
    ttl: TTL_ATTRIBUTE,
  },
  Connections: {
    fields: { topic: "string", connection_id: "string" },
    primaryIndex: { hashKey: "topic", rangeKey: "connection_id" },
    ttl: TTL_ATTRIBUTE,
  },
  Invites: {
    fields: { code: "string", server_id: "string" },
    primaryIndex: { hashKey: "code" },
    globalIndexes: { by_server: { hashKey: "server_id", rangeKey: "code", projection: "keys-only" } },
    ttl: TTL_ATTRIBUTE,
  },
  ServerPasswords: {
    fields: { server_id: "string", id: "string" },
    primaryIndex: { hashKey: "server_id", rangeKey: "id" },
    ttl: TTL_ATTRIBUTE,
  },
  Conversations: {
    fields: { id: "string", user_id: "string", last_activity_at: "number" },
    primaryIndex: { hashKey: "id", rangeKey: "user_id" },
    globalIndexes: { by_user: { hashKey: "user_id", rangeKey: "last_activity_at", projection: "all" } },
  },
  ReadStates: { fields: { user_id: "string", log_id: "string" }, primaryIndex: { hashKey: "user_id", rangeKey: "log_id" } },
  Files: { fields: { id: "string" }, primaryIndex: { hashKey: "id" }, ttl: TTL_ATTRIBUTE },
  Limits: { fields: { key: "string" }, primaryIndex: { hashKey: "key" }, ttl: TTL_ATTRIBUTE },
  Rooms: { fields: { room: "string" }, primaryIndex: { hashKey: "room" }, ttl: TTL_ATTRIBUTE },
  Topics: { fields: { topic: "string", name: "string" }, primaryIndex: { hashKey: "topic", rangeKey: "name" }, ttl: TTL_ATTRIBUTE },
} as const satisfies Record<string, TableDefinition>;

export type TableName = keyof typeof tables;
