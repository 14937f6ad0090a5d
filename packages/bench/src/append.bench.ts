import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { startAgora, type Agora } from "./agora";
import { createCommunity, messagesPath, type Community } from "./community";
import { runLoad } from "./load";
import type { Load } from "./load";
import type { Options } from "./options";
import type { Outcome } from "./outcome";
import { median, shuffle, summarize } from "./statistics";

const CLIENTS = 32;
const CONTENT = "and so we went down to the harbour, where the boats were, and looked for the one that had been promised to us in May";

/** Acknowledged messages a second, and what the store itself can take. */
export async function append({ root, against, isQuick }: Options): Promise<Outcome> {
  const [rounds, roundMs] = isQuick ? [2, 1_000] : [6, 4_000];
  const closers: (() => Promise<unknown> | void)[] = [];
  try {
    const loads: Load[] = [];
    for (const [name, build] of [["Agora", root], ...(against ? [["the other build", against]] : [])] as [string, string][]) {
      const agora = await startAgora(build, name);
      closers.push(() => agora.stop());
      const community = await createCommunity(agora, { people: CLIENTS, channels: CLIENTS });
      if (loads.length === 0) loads.push(puts(agora, closers));
      const after = new Map<string, number>(); // both write to the first channel
      loads.push(sends(agora, community, after, `${name}, one channel`, 1));
      loads.push(sends(agora, community, after, `${name}, ${CLIENTS} channels`, CLIENTS));
    }
    for (let round = -1; round < rounds; round++) {
      for (const load of shuffle([...loads])) await runLoad(load, roundMs, round >= 0);
    }
    return report(loads);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

function sends({ http }: Agora, community: Community, after: Map<string, number>, name: string, channels: number): Load {
  let count = 0;
  return {
    name,
    clients: CLIENTS,
    rates: [],
    latencies: [],
    async request(client) {
      const channel = community.channels[client % channels] ?? "";
      const token = community.people[client]?.token;
      const body = { content: CONTENT, nonce: `n${channels}-${count++}`, after: after.get(channel) ?? 0 };
      const { seq } = await http.json<{ seq: number }>("POST", messagesPath(community, channel), { token, body });
      after.set(channel, Math.max(seq, after.get(channel) ?? 0));
      return 1;
    },
  };
}

/** The same put as Agora's, of the same item, and nothing else. */
function puts({ dataUrl }: Agora, closers: (() => void)[]): Load {
  const credentials = { accessKeyId: "agora-local", secretAccessKey: "agora-local" };
  const requestHandler = { httpAgent: { keepAlive: true, maxSockets: CLIENTS } };
  const client = new DynamoDBClient({ region: "us-east-1", endpoint: dataUrl, credentials, requestHandler });
  closers.push(() => client.destroy());
  let seq = 0;
  return {
    name: "bare SDK PutItem",
    clients: CLIENTS,
    rates: [],
    latencies: [],
    async request(number) {
      const author = {
        id: { S: "usr_01kabcdefghjkmnpqrstvwxyz" },
        username: { S: "bench_0" },
        display_name: { NULL: true },
        avatar_url: { NULL: true },
      };
      await client.send(
        new PutItemCommand({
          TableName: "Messages",
          Item: {
            log_id: { S: `bench:${number}` },
            seq: { N: String(++seq) },
            author: { M: author },
            content: { S: CONTENT },
            created_at: { N: String(Date.now()) },
            nonce: { S: `n-${seq}` },
          },
          ConditionExpression: "attribute_not_exists(log_id)",
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        }),
      );
      return 1;
    },
  };
}

function report(loads: Load[]): Outcome {
  const rate = (name: string) => median(loads.find((load) => load.name === name)?.rates ?? []);
  const store = rate("bare SDK PutItem");
  const goal = (name: string, limit: number) => ({
    text: `${name}, over the store's own rate`,
    value: rate(name) / store,
    limit,
    is: "at least" as const,
  });
  return {
    title: "Acknowledged messages a second",
    method:
      `${CLIENTS} clients that send as fast as they are answered, in turns of a few seconds and of changing order: all into one channel, each into a channel of its own, and each by a bare conditional \`PutItem\` of the same item to the same engine. ` +
      "The clients share the machine with the server.",
    tables: [
      { heading: "acknowledged", unit: "a second", rows: loads.map(({ name, rates }) => ({ name, summary: summarize(rates) })) },
      { heading: "one write", unit: "ms", rows: loads.map(({ name, latencies }) => ({ name, summary: summarize(latencies) })) },
    ],
    goals: [goal("Agora, one channel", 0.3), goal(`Agora, ${CLIENTS} channels`, 0.6)],
    notes: [],
  };
}
