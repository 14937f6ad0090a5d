import { tables as definitions } from "@agora/core/tables";
import type { TableDefinition, TableName } from "@agora/core/tables";
import { tables } from "./tables";

/** All that a function may ever do with a table. Transactions need the actions that they consist of, and no Scan is among them. */
type Action = "GetItem" | "BatchGetItem" | "Query" | "PutItem" | "UpdateItem" | "DeleteItem" | "ConditionCheckItem";

/** What a function does with each table. A table that it does not name, it can neither read nor write. */
export type TableGrants = Partial<Record<TableName, readonly Action[]>>;

export function tablePermissions(grants: TableGrants) {
  return entries(grants).flatMap(([name, actions]) => {
    const onTable = { actions: actions.map((action) => `dynamodb:${action}`), resources: [tables[name].arn] };
    const definition: TableDefinition = definitions[name];
    const indexes = Object.keys(definition.globalIndexes ?? {});
    if (indexes.length === 0 || !actions.includes("Query")) return [onTable];
    return [onTable, { actions: ["dynamodb:Query"], resources: indexes.map((index) => $interpolate`${tables[name].arn}/index/${index}`) }];
  });
}

export const linksTo = (grants: TableGrants) => entries(grants).map(([name]) => tables[name]);

const entries = (grants: TableGrants) => Object.entries(grants) as [TableName, readonly Action[]][];
