import { open } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { nowMs } from "../clock";
import type { Pushing } from "./messages";

/*
 * The least that can be done: a `ws` server that gives every body it is posted to every socket it has. With a file as its argument it appends the
 * body to that file and syncs it before, as somebody would who promises that what was acknowledged is kept.
 */
const file = process.argv[2] ? await open(process.argv[2], "a") : undefined;

const server = createServer((request, response) => {
  void answer(request).then((body) => {
    response.writeHead(201, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
let seq = 0;

async function answer(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const message = { ...(JSON.parse(Buffer.concat(chunks).toString()) as object), seq: ++seq, created_at: Date.now() };
  const body = JSON.stringify(message);
  if (file) {
    await file.appendFile(`${body}\n`);
    await file.sync();
  }
  const pushAt = nowMs();
  const frame = JSON.stringify({ type: "new_message", seq, message });
  for (const socket of sockets.clients) socket.send(frame);
  const pushing: Pushing = { type: "pushing", storedAt: pushAt, pushAt };
  setImmediate(() => process.send?.(pushing));
  return body;
}

server.listen(0, "127.0.0.1", () => console.log(`listening on ${(server.address() as AddressInfo).port}`));
process.on("disconnect", () => process.exit());
