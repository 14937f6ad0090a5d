import type { TableDefinition } from "@agora/core/tables";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/** The table about which statements are made to each engine, and the short forms in which its items are written. */
export const T = "Contract";
export const definition: TableDefinition = {
  fields: { pk: "string", seq: "number", owner: "string", rank: "number" },
  primaryIndex: { hashKey: "pk", rangeKey: "seq" },
  globalIndexes: {
    by_owner: { hashKey: "owner", rangeKey: "rank", projection: "all" },
    owner_keys: { hashKey: "owner", projection: "keys-only" },
  },
  ttl: "expires_on",
};
export type Item = Record<string, AttributeValue>;
export const s = (value: string): AttributeValue => ({ S: value });
export const n = (value: number): AttributeValue => ({ N: String(value) });
export const key = (pk: string, seq = 1): Item => ({ pk: s(pk), seq: n(seq) });
export const text = (characters: number) => s("x".repeat(characters));
