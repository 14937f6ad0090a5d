import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Between } from "../system";

type Attribute = { S?: string; N?: string };
type Item = Record<string, Attribute>;

/** As much of a request of the SDK as the lies look at. */
interface Body {
  TableName?: string;
  Item?: Item;
  ConditionExpression?: string;
  UpdateExpression?: string;
  ProjectionExpression?: string;
  ScanIndexForward?: boolean;
  RequestItems?: Record<string, { Keys?: Item[] }>;
  ExpressionAttributeValues?: Item;
}

interface Answer {
  status: number;
  body: string;
}

interface Call {
  operation: string;
  body: Body;
  /** How many calls of this operation on this table came before. */
  count: number;
  /** Asks the engine. */
  forward: (body?: Body) => Promise<Answer>;
}

/** What a database with a defect answers; undefined: it is honest. */
export type Lie = (call: Call) => Promise<Answer> | undefined;

/** Stands in front of the engine and does something else than it was asked for. */
export const liar =
  (lie: Lie): Between =>
  async (engineUrl) => {
    const counts = new Map<string, number>();
    const server = createServer((request, response) => {
      answer(request).then(
        ({ status, body }) => response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(body),
        () => request.socket.destroy(),
      );
    });

    async function answer(request: IncomingMessage): Promise<Answer> {
      const { host: _, connection: __, "content-length": ___, ...headers } = request.headers as Record<string, string>;
      const body = JSON.parse(await read(request)) as Body;
      const forward = async (asked: Body = body) => {
        const answered = await fetch(engineUrl(), { method: "POST", headers, body: JSON.stringify(asked) });
        return { status: answered.status, body: await answered.text() };
      };
      const operation = headers["x-amz-target"]?.split(".")[1] ?? "";
      const key = `${operation} ${body.TableName}`;
      const count = counts.get(key) ?? 0;
      counts.set(key, count + 1);
      return lie({ operation, body, count, forward }) ?? forward();
    }

    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  };

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const EVERY = 40;
const isTurn = (count: number) => count % EVERY === EVERY - 1;

/** A lie about one in so many messages that are written. */
const aboutMessages =
  (lie: (item: Item, call: Call) => Promise<Answer>): Lie =>
  (call) => {
    const { operation, body, count } = call;
    return operation === "PutItem" && body.TableName === "Messages" && body.Item && isTurn(count) ? lie(body.Item, call) : undefined;
  };

/** "It is stored." */
export const losesWrites = aboutMessages(async () => ({ status: 200, body: "{}" }));

const movedBy = (item: Item, step: number): Item => ({ ...item, seq: { N: String(Number(item["seq"]?.N) + step) } });

/** The next entry is a copy of the message under another nonce. */
export const storesTwice = aboutMessages(async (item, { body, forward }) => {
  const answer = await forward();
  await forward({ ...body, Item: { ...movedBy(item, 1), nonce: { S: `${item["nonce"]?.S} copy` } } });
  return answer;
});

/** The message takes the place of the one before it, as if there were no condition. */
export const overwrites = aboutMessages((item, { body, forward }) => {
  const { ConditionExpression: _, ...unconditional } = body;
  return forward({ ...unconditional, Item: movedBy(item, -1) });
});

/** What changes the items that a query finds. */
const aboutQueries =
  (isMeant: (call: Call) => boolean, change: (items: Item[]) => Item[]): Lie =>
  (call) => {
    if (call.operation !== "Query" || !isMeant(call)) return undefined;
    return call.forward().then(({ status, body }) => {
      const found = JSON.parse(body) as { Items?: Item[] };
      return { status, body: JSON.stringify({ ...found, Items: change(found.Items ?? []) }) };
    });
  };

/** Now and then the newest entry is not there yet, though the read was to be consistent. */
export const readsThePast = aboutQueries(
  ({ body, count }) => body.TableName === "Messages" && body.ScanIndexForward === false && count % 3 === 0,
  (items) => items.slice(1),
);

/** Now and then the first of several entries is left out where they are read to be shown. */
export const skipsEntries = aboutQueries(
  ({ body, count }) => body.TableName === "Messages" && body.ScanIndexForward !== false && !body.ProjectionExpression && count % 5 === 0,
  (items) => (items.length > 1 ? items.slice(1) : items),
);

/** The lease of a group is free for whoever asks. */
export function forgetsLeases({ operation, body, forward }: Call): Promise<Answer> | undefined {
  const condition = body.ConditionExpression ?? "";
  if (operation !== "UpdateItem" || body.TableName !== "Topics") return undefined;
  if (condition.includes("lease_until <= :now")) return forward({ ...body, ConditionExpression: "generation = :seen" });
  if (!condition.includes("lease_until > :now")) return undefined;
  return forward().then(({ status, body: text }) => {
    const refused = JSON.parse(text) as { Item?: Item };
    return { status, body: refused.Item ? JSON.stringify({ ...refused, Item: { ...refused.Item, lease_until: { N: "0" } } }) : text };
  });
}

/** Now and then a group begins anew. */
export function forgetsCommits({ operation, body, count, forward }: Call): Promise<Answer> | undefined {
  if (operation !== "UpdateItem" || !body.UpdateExpression?.includes("committed = :offset") || count % 7 !== 0) return undefined;
  const values = { ...body.ExpressionAttributeValues, ":offset": { N: "1" } };
  return forward({ ...body, ConditionExpression: "generation = :generation", ExpressionAttributeValues: values });
}

/** Whoever was a member is one, whatever was deleted. */
export function remembersMembers({ operation, body, forward }: Call): Promise<Answer> | undefined {
  const keys = body.RequestItems?.["Members"]?.Keys;
  if (operation !== "BatchGetItem" || !keys) return undefined;
  return forward().then(({ status, body: text }) => {
    const found = JSON.parse(text) as { Responses?: Record<string, Item[]> };
    if (!found.Responses) return { status, body: text };
    for (const item of found.Responses["Members"] ?? []) remembered.set(memberKey(item), item);
    const members = keys.flatMap((key) => remembered.get(memberKey(key)) ?? []);
    return { status, body: JSON.stringify({ ...found, Responses: { ...found.Responses, Members: members } }) };
  });
}
const remembered = new Map<string, Item>();
const memberKey = (item: Item) => `${item["server_id"]?.S} ${item["user_id"]?.S}`;
