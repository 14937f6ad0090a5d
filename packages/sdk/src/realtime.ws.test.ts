import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { createRealtime } from "./realtime";
import { message } from "./testing/message";

test("over a real socket: a refused ticket is replaced, entries come, and a break is resumed", async () => {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  const asked: unknown[] = [];
  server.on("upgrade", (request, socket, head) => {
    if (request.url !== "/ws?ticket=good") {
      socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on("message", (data) => {
        const { id, topics } = JSON.parse(String(data)) as { id: number; topics: { topic: string; after: number }[] };
        asked.push(...topics);
        const answered = topics.map(({ topic, after }) => ({ topic, head: after + 1, entries: [message(after + 1)] }));
        client.send(JSON.stringify({ type: "subscribed", id, topics: answered, denied: [] }));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  let tickets = 0;
  const realtime = createRealtime({
    getTicket: () => Promise.resolve({ ticket: ++tickets === 1 ? "bad" : "good", url: `ws://127.0.0.1:${port}/ws` }),
    fetchAfter: () => Promise.reject(new Error("not expected")),
    WebSocket,
    random: () => 0.02,
  });
  const seqs: number[] = [];
  await new Promise<void>((resolve) => {
    realtime.listen("channel:chn_1", {
      after: 0,
      onentries: (messages) => {
        seqs.push(...messages.map(({ seq }) => seq));
        if (seqs.length === 1) for (const client of sockets.clients) client.terminate();
        else resolve();
      },
    });
    realtime.connect();
  });
  realtime.close();
  server.close();
  expect([tickets, seqs]).toEqual([3, [1, 2]]);
  expect(asked).toEqual([
    { topic: "channel:chn_1", after: 0 },
    { topic: "channel:chn_1", after: 1 },
  ]);
});

test("where there is no WebSocket connect says so at once", () => {
  const realtime = createRealtime({ getTicket: () => Promise.reject(new Error("not expected")) });
  if (typeof globalThis.WebSocket === "undefined") expect(() => realtime.connect()).toThrow(TypeError);
});
