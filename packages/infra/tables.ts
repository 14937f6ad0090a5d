import { tables as definitions } from "@agora/core/tables";
import type { TableDefinition, TableName } from "@agora/core/tables";
import { keepsData } from "./stage";

const create = ([name, definition]: [string, TableDefinition]) =>
  [
    name,
    new sst.aws.Dynamo(name, {
      ...definition,
      deletionProtection: keepsData,
      // SST switches it on everywhere, and it is paid by the gigabyte.
      transform: { table: { pointInTimeRecovery: { enabled: keepsData } } },
    }),
  ] as const;

export const tables = Object.fromEntries(Object.entries<TableDefinition>(definitions).map(create)) as Record<TableName, sst.aws.Dynamo>;
