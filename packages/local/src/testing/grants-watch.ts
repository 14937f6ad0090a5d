import { AsyncLocalStorage } from "node:async_hooks";
import { apiGrants, authGrants, jobsGrants, socketGrants, streamGrants, type TableGrants } from "@agora/infra/grants";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Handlers } from "../handlers";

const grants: Record<keyof Handlers, TableGrants> = {
  api: apiGrants,
  auth: authGrants,
  stream: streamGrants,
  socket: socketGrants,
  jobs: jobsGrants,
};

interface Input {
  TableName?: string;
  RequestItems?: Record<string, unknown>;
  TransactItems?: Record<string, { TableName?: string }>[];
}

/** Which rights a call needs, as IAM sees it: a transaction needs those of its parts. */
function rightsFor(operation: string, input: Input): { table: string; action: string }[] {
  if (input.TransactItems) {
    return input.TransactItems.flatMap((item) =>
      Object.entries(item).map(([kind, { TableName = "" }]) => ({
        table: TableName,
        action: kind === "ConditionCheck" ? "ConditionCheckItem" : `${kind}Item`,
      })),
    );
  }
  if (input.RequestItems) return Object.keys(input.RequestItems).map((table) => ({ table, action: operation }));
  return [{ table: input.TableName ?? "", action: operation }];
}

export interface GrantsWatch {
  handlers: Handlers;
  /** Calls that AWS would refuse, each once: `api: GetItem on Connections`. */
  refused: ReadonlySet<string>;
}

/**
 * What the handlers of this process ask of the tables is compared with what they are granted on AWS. The tables of one machine refuse nothing, and a
 * right that is missing would show only after a deploy.
 */
export function watchGrants(handlers: Handlers): GrantsWatch {
  const running = new AsyncLocalStorage<keyof Handlers>();
  const refused = new Set<string>();
  const send = DynamoDBClient.prototype.send as (this: DynamoDBClient, command: { input: Input }, ...rest: unknown[]) => Promise<unknown>;
  const watched = function (this: DynamoDBClient, command: { input: Input }, ...rest: unknown[]) {
    const name = running.getStore();
    if (name) {
      for (const { table, action } of rightsFor(command.constructor.name.replace(/Command$/, ""), command.input)) {
        const granted: readonly string[] = grants[name][table as keyof TableGrants] ?? [];
        if (!granted.includes(action)) refused.add(`${name}: ${action} on ${table}`);
      }
    }
    return send.call(this, command, ...rest);
  };
  DynamoDBClient.prototype.send = watched as typeof DynamoDBClient.prototype.send;
  const wrap = <N extends keyof Handlers>(name: N): Handlers[N] => {
    const handler = handlers[name] as (...args: unknown[]) => unknown;
    return ((...args: unknown[]) => running.run(name, () => handler(...args))) as Handlers[N];
  };
  return {
    handlers: { api: wrap("api"), auth: wrap("auth"), stream: wrap("stream"), socket: wrap("socket"), jobs: wrap("jobs") },
    refused,
  };
}
