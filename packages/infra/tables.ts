import { tables as definitions } from "@agora/core/tables";
import type { TableDefinition, TableName } from "@agora/core/tables";
import { keepsData } from "./stage";

// A link carries the name and no permission: SST's own would grant `dynamodb:*`. Each function lists what it may do (permissions.ts).
sst.Linkable.wrap(sst.aws.Dynamo, (table) => ({ properties: { name: table.name } }));

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
