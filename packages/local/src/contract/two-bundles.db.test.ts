import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { useSockets } from "@agora/core/realtime/sockets";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startCommunity, type Community } from "../testing/community";
import { startStack, type SocketClient, type Stack } from "../testing/stack";

/*
 * The single server loads the handlers as bundles, each with its own copy of every module. What must be one for the process is tested here: the
 * handlers of socket and streams are loaded a second time, and share nothing with that of the HTTP API but `globalThis`.
 */
let stack: Stack;
let world: Community;

beforeAll(async () => {
  stack = await startStack({
    push: "in-process",
    handlers: async (inProcess) => {
      vi.resetModules();
      const { handler: socket } = await import("@agora/functions/socket");
      const { handler: stream } = await import("@agora/functions/stream");
      expect([socket, stream]).not.toContain(inProcess.socket);
      expect([socket, stream]).not.toContain(inProcess.stream);
      return { ...inProcess, socket, stream };
    },
  });
  const { push } = stack.sockets;
  useSockets({
    ...stack.sockets,
    async push(ids, frame) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      return push(ids, frame);
    },
  });
  world = await startCommunity(stack);
});
afterAll(() => stack.close());

test("messages by REST and by socket at once arrive in the order of their numbers, and neither way waits for the other for long", async () => {
  const listener = await stack.connect(world.guest.token);
  await listener.ask({ action: "subscribe", topics: [{ topic: world.topic }] });
  const writers = await Promise.all([0, 1, 2, 3].map(() => stack.connect(world.owner.token)));
  let lostRaces = 0;
  const count = (report: unknown) => {
    if ((report as { failed?: string }).failed === "ConditionalCheckFailedException") lostRaces++;
  };
  const slowest = { rest: 0, socket: 0 };
  const timed = async (way: keyof typeof slowest, send: () => Promise<unknown>) => {
    const startedAt = performance.now();
    await send();
    slowest[way] = Math.max(slowest[way], performance.now() - startedAt);
  };
  const bySocket = async (client: SocketClient, i: number) => {
    const { type } = await client.ask({ action: "send", topic: world.topic, content: `socket ${i}` });
    expect(type).toBe("sent");
  };
  const byRest = (i: number) => stack.api(`POST ${world.path}`, { token: world.owner.token, body: { content: `rest ${i}` } });
  const inTurn = async (run: (i: number) => Promise<void>) => {
    for (let i = 0; i < 25; i++) await run(i);
  };
  subscribe("agora:dynamodb", count);
  await Promise.all([
    ...writers.map((client) => inTurn((i) => timed("socket", () => bySocket(client, i)))),
    ...Array.from({ length: 12 }, () => inTurn((i) => timed("rest", () => byRest(i)))),
  ]);
  unsubscribe("agora:dynamodb", count);
  expect(lostRaces).toBe(0); // one line for both: each lost race is a write unit, and a chance to overtake
  const seqs = listener.frames.filter(({ type }) => type === "new_message").map(({ seq }) => seq);
  expect(seqs).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
  expect(slowest.socket).toBeLessThan(3 * slowest.rest);
  for (const client of [listener, ...writers]) await client.close();
});

test("who produces by one bundle is told by the line of another that the offset has moved", async () => {
  const produce = (body: object) => stack.api("POST /topics/orders/produce", { token: world.owner.token, body });
  expect((await produce({ payload: "first", expected_offset: 1 })).status).toBe(200);
  const { status, body } = await produce({ payload: "second", expected_offset: 1 });
  expect([status, body.code, body.error]).toEqual([409, "topic.offset_moved", "The next offset is 2."]);
});
