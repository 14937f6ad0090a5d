import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startAgora, type Agora } from "./agora";
import { nowMs } from "./clock";
import { createCommunity, messagesPath, type Community } from "./community";
import { HttpClient } from "./http-client";
import type { Options } from "./options";
import type { Outcome } from "./outcome";
import { shuffle, summarize } from "./statistics";

const PAGE = 50;
/** So that there is more behind the page. */
const MESSAGES = 120;
const WARM_UP = 300;
const CLIENTS = 64;
const PAGES_OF_A_CLIENT = 40;

interface Source {
  name: string;
  /** How long it took. */
  read(): Promise<number>;
}

/** The newest fifty messages of a channel: what opening a channel costs. */
export async function page50({ root, against, isQuick }: Options): Promise<Outcome> {
  const requests = isQuick ? 200 : 1_500;
  const closers: (() => Promise<unknown> | void)[] = [];
  try {
    const sources: Source[] = [];
    const worlds: { agora: Agora; community: Community; path: string }[] = [];
    for (const [name, build] of [["Agora", root], ...(against ? [["Agora, the other build", against]] : [])] as [string, string][]) {
      const agora = await startAgora(build, name);
      closers.push(() => agora.stop());
      worlds.push(await fill(agora));
    }
    for (const { agora, community, path } of worlds) sources.push(overHttp(agora.name, agora.http, path, community.people[0]?.token));
    const [first] = worlds;
    if (!first) throw new Error("there is no server");
    sources.push(bareQuery(first.agora, first.community, closers));
    sources.push(await sameBytes(first.agora, first.community, first.path, closers));

    const values = new Map(sources.map(({ name }) => [name, [] as number[]]));
    for (let i = 0; i < requests + WARM_UP; i++) {
      for (const source of shuffle([...sources])) {
        const ms = await source.read();
        if (i >= WARM_UP) values.get(source.name)?.push(ms);
      }
    }
    const load = await manyClients(first.agora.http, first.path, first.community.people[0]?.token);
    return report(sources, values, load);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function fill(agora: Agora): Promise<{ agora: Agora; community: Community; path: string }> {
  const community = await createCommunity(agora, { people: 1, channels: 1 });
  const path = messagesPath(community, community.channels[0] ?? "");
  for (let i = 0; i < MESSAGES; i++) {
    const content = `message ${i}: ${"somebody says something to somebody about something, ".repeat(1 + (i % 4))}`;
    await agora.http.json("POST", path, { token: community.people[0]?.token, body: { content, nonce: `n${i}`, after: i } });
  }
  return { agora, community, path };
}

function overHttp(name: string, http: HttpClient, path: string, token: string | undefined): Source {
  return {
    name,
    async read() {
      const { status, ms } = await http.request("GET", `${path}?limit=${PAGE}`, { token });
      if (status !== 200) throw new Error(`${name} answered ${status}`);
      return ms;
    },
  };
}

/** The least that the tables can be asked for the same page, by the client that Agora uses. */
function bareQuery({ dataUrl }: Agora, { channels }: Community, closers: (() => void)[]): Source {
  const credentials = { accessKeyId: "agora-local", secretAccessKey: "agora-local" };
  const client = new DynamoDBClient({ region: "us-east-1", endpoint: dataUrl, credentials });
  closers.push(() => client.destroy());
  return {
    name: "bare SDK Query",
    async read() {
      const startedAt = nowMs();
      const { Items } = await client.send(
        new QueryCommand({
          TableName: "Messages",
          KeyConditionExpression: "log_id = :log",
          ExpressionAttributeValues: { ":log": { S: `channel:${channels[0]}` } },
          ScanIndexForward: false,
          ConsistentRead: true,
          Limit: PAGE,
        }),
      );
      const ms = nowMs() - startedAt;
      if (Items?.length !== PAGE) throw new Error(`the query found ${Items?.length} messages`);
      return ms;
    },
  };
}

/** A server that has the very answer in memory. */
async function sameBytes(agora: Agora, community: Community, path: string, closers: (() => void)[]): Promise<Source> {
  const { body } = await agora.http.request("GET", `${path}?limit=${PAGE}`, { token: community.people[0]?.token });
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json; charset=utf-8", "content-length": body.length });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const http = new HttpClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  closers.push(
    () => http.close(),
    () => void server.close(),
  );
  return overHttp("bare node:http, same bytes", http, "/", undefined);
}

async function manyClients(http: HttpClient, path: string, token: string | undefined) {
  const values: number[] = [];
  let errors = 0;
  const startedAt = nowMs();
  const client = async () => {
    for (let i = 0; i < PAGES_OF_A_CLIENT; i++) {
      const answer = await http.request("GET", `${path}?limit=${PAGE}`, { token }).catch(() => undefined);
      if (answer?.status === 200) values.push(answer.ms);
      else errors++;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { values, errors, perSecond: (values.length * 1_000) / (nowMs() - startedAt) };
}

interface ManyClients {
  values: number[];
  errors: number;
  perSecond: number;
}

function report(sources: Source[], values: Map<string, number[]>, load: ManyClients): Outcome {
  const rows = sources.map(({ name }) => ({ name, summary: summarize(values.get(name) ?? []) }));
  const p50 = (name: string) => rows.find((row) => row.name === name)?.summary.p50 ?? NaN;
  return {
    title: "A page of fifty messages",
    method:
      "The newest fifty messages of a channel over HTTP from the warm single server, one request at a time; in turns of changing order with the same `Query` by the same SDK client straight to the same engine, and with a `node:http` server that has the same bytes in memory. " +
      `Then ${CLIENTS} clients at once.`,
    tables: [
      { heading: "one page", unit: "ms", rows },
      { heading: "one page", unit: "ms", rows: [{ name: `Agora, ${CLIENTS} clients at once`, summary: summarize(load.values) }] },
    ],
    goals: [
      { text: "p50 over the bare SDK query", value: p50("Agora") / p50("bare SDK Query"), limit: 1.6, is: "at most" },
      { text: `errors at ${CLIENTS} clients`, value: load.errors, limit: 0, is: "at most" },
    ],
    notes: [`${CLIENTS} clients at once got ${Math.round(load.perSecond)} pages a second.`],
  };
}
