import { describe, expect, it } from "vitest";
import type { Inputs } from "./synth/answers";
import type { Synthesis } from "./synth/synthesis";
import { mapValues, ofType, production, testing } from "./synth/testing";

describe("tables", () => {
  it("have these keys, types, indexes and times to live, and are paid by the request", () => {
    const tables = mapValues(ofType(testing, "aws:dynamodb/table:Table"), (table) => ({
      key: [table.hashKey, table.rangeKey].filter(Boolean),
      types: Object.fromEntries(table.attributes.map(({ name, type }: Inputs) => [name, type])),
      indexes: table.globalSecondaryIndexes.map((index: Inputs) => [index.name, index.hashKey, index.rangeKey, index.projectionType]),
      ttl: table.ttl?.enabled ? table.ttl.attributeName : undefined,
      billing: table.billingMode,
    }));
    const billing = "PAY_PER_REQUEST";
    const none = { indexes: [], ttl: undefined, billing };
    const expires = { indexes: [], ttl: "expires_on", billing };
    expect(tables).toEqual({
      UsersTable: {
        ...none,
        key: ["id"],
        types: { id: "S", username_prefix: "S", username: "S" },
        indexes: [["by_username", "username_prefix", "username", "ALL"]],
      },
      NamesTable: { ...none, key: ["name"], types: { name: "S" } },
      SessionsTable: {
        ...expires,
        key: ["id"],
        types: { id: "S", user_id: "S" },
        indexes: [["by_user", "user_id", "id", "ALL"]],
      },
      ServersTable: {
        ...none,
        key: ["id"],
        types: { id: "S", discovery: "S", name_key: "S" },
        indexes: [["by_discovery", "discovery", "name_key", "KEYS_ONLY"]],
      },
      ChannelsTable: { ...none, key: ["server_id", "id"], types: { server_id: "S", id: "S" } },
      MembersTable: {
        ...none,
        key: ["server_id", "user_id"],
        types: { server_id: "S", user_id: "S" },
        indexes: [["by_user", "user_id", "server_id", "ALL"]],
      },
      MessagesTable: { ...expires, key: ["log_id", "seq"], types: { log_id: "S", seq: "N" } },
      ConnectionsTable: { ...expires, key: ["topic", "connection_id"], types: { topic: "S", connection_id: "S" } },
      InvitesTable: {
        ...expires,
        key: ["code"],
        types: { code: "S", server_id: "S" },
        indexes: [["by_server", "server_id", "code", "KEYS_ONLY"]],
      },
      ServerPasswordsTable: { ...expires, key: ["server_id", "id"], types: { server_id: "S", id: "S" } },
      ConversationsTable: {
        ...none,
        key: ["id", "user_id"],
        types: { id: "S", user_id: "S", last_activity_at: "N" },
        indexes: [["by_user", "user_id", "last_activity_at", "ALL"]],
      },
      ReadStatesTable: { ...none, key: ["user_id", "log_id"], types: { user_id: "S", log_id: "S" } },
      FilesTable: { ...expires, key: ["id"], types: { id: "S" } },
      LimitsTable: { ...expires, key: ["key"], types: { key: "S" } },
      RoomsTable: { ...expires, key: ["room"], types: { room: "S" } },
      TopicsTable: { ...expires, key: ["topic", "name"], types: { topic: "S", name: "S" } },
    });
  });

  it("are kept, protected and restorable in production, and nowhere else", () => {
    const safety = (synthesis: Synthesis) =>
      synthesis.resources
        .filter(({ type }) => type === "aws:dynamodb/table:Table")
        .map(({ inputs, retained }) => [retained, inputs.deletionProtectionEnabled, inputs.pointInTimeRecovery.enabled]);
    expect(safety(production)).toEqual(Array(16).fill([true, true, true]));
    expect(safety(testing)).toEqual(Array(16).fill([false, false, false]));
  });
});
