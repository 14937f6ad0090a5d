import { tables as definitions } from "@agora/core/tables";
import type { TableDefinition, TableName } from "@agora/core/tables";
import type { Action, TableGrants } from "./grants";
import { tables } from "./tables";

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
