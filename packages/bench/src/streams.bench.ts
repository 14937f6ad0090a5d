import { startAgora, type Agora } from "./agora";
import { nowMs } from "./clock";
import { createCommunity } from "./community";
import { runLoad } from "./load";
import type { Load } from "./load";
import type { Options } from "./options";
import type { Outcome } from "./outcome";
import { sampleMessages } from "./sample-messages";
import { median, shuffle, summarize } from "./statistics";

const CLIENTS = 16;
const BATCH = 100;
const READ_MESSAGES = 20_000;

/** Messages a second through topics, one a request and a hundred, and from a message's acknowledgement to whoever waits for it. */
export async function streams({ root, isQuick }: Options): Promise<Outcome> {
  const [rounds, roundMs, waits] = isQuick ? [2, 1_000, 20] : [5, 3_000, 200];
  const agora = await startAgora(root);
  try {
    const { people } = await createCommunity(agora, { people: 1, channels: 1 });
    const token = people[0]?.token ?? "";
    const produces = (name: string, clients: number, batch: number): Load => ({
      name,
      clients,
      rates: [],
      latencies: [],
      async request() {
        const messages = sampleMessages(batch).map((payload) => ({ payload }));
        await agora.http.json("POST", `/topics/bench-${batch}/produce`, { token, body: { messages } });
        return batch;
      },
    });
    const loads = [
      produces("produce, one a request", CLIENTS, 1),
      produces(`produce, ${BATCH} a request`, CLIENTS, BATCH),
      await consumes(agora, token, "consume, 500 a request", 500),
    ];
    for (let round = -1; round < rounds; round++) for (const load of shuffle([...loads])) await runLoad(load, roundMs, round >= 0);
    return report(loads, await delays(agora, token, waits));
  } finally {
    await agora.stop();
  }
}

async function consumes({ http }: Agora, token: string, name: string, limit: number): Promise<Load> {
  for (let i = 0; i < READ_MESSAGES; i += 500) {
    await http.json("POST", "/topics/bench-read/produce", {
      token,
      body: { messages: sampleMessages(500).map((payload) => ({ payload })) },
    });
  }
  const offsets = [1, 1];
  return {
    name,
    clients: offsets.length,
    rates: [],
    latencies: [],
    async request(client) {
      const path = `/topics/bench-read/consume?offset=${offsets[client]}&limit=${limit}`;
      const { messages, next_offset } = await http.json<{ messages: unknown[]; next_offset: number }>("GET", path, { token });
      offsets[client] = next_offset > READ_MESSAGES ? 1 : next_offset;
      return messages.length;
    },
  };
}

/** From when a message was acknowledged until whoever waited for it has it; below zero where the reader is first. */
async function delays({ http }: Agora, token: string, count: number): Promise<number[]> {
  const found: number[] = [];
  await http.json("POST", "/topics/bench-wait/produce", { token, body: { payload: 0 } });
  for (let offset = 2; offset < 2 + count; offset++) {
    const heard = http.json("GET", `/topics/bench-wait/consume?offset=${offset}&wait=20`, { token }).then(nowMs);
    await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 20));
    await http.json("POST", "/topics/bench-wait/produce", { token, body: { payload: offset } });
    const acknowledgedAt = nowMs();
    found.push((await heard) - acknowledgedAt);
  }
  return found;
}

function report(loads: Load[], delay: number[]): Outcome {
  const [one, hundred] = loads.map(({ rates }) => median(rates)) as [number, number];
  return {
    title: "Streams: messages a second",
    method:
      `${CLIENTS} clients produce to one topic as fast as they are answered, one message a request and ${BATCH}; two read a topic of ${READ_MESSAGES.toLocaleString("en-US")} from its beginning. ` +
      "A message is about 300 bytes of JSON. Then somebody waits for the next message, over and over, and it is measured how much later than its acknowledgement it arrives. The clients share the machine with the server.",
    tables: [
      { heading: "messages", unit: "a second", rows: loads.map(({ name, rates }) => ({ name, summary: summarize(rates) })) },
      { heading: "one request", unit: "ms", rows: loads.map(({ name, latencies }) => ({ name, summary: summarize(latencies) })) },
      { heading: "behind the acknowledgement", unit: "ms", rows: [{ name: "whoever waits", summary: summarize(delay) }] },
    ],
    goals: [{ text: `messages a second, ${BATCH} a request over one a request`, value: hundred / one, limit: 10, is: "at least" }],
    notes: [],
  };
}
