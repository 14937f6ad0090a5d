import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy";

let server: Server;
let proxy: TcpProxy;
const open: Socket[] = [];

const listen = (reply: (socket: Socket) => void): Promise<Server> =>
  new Promise((resolve) => {
    const listening = createServer((socket) => reply(socket.on("error", () => undefined))).listen(0, "127.0.0.1", () => resolve(listening));
  });
const portOf = (listening: Server) => (listening.address() as AddressInfo).port;

beforeEach(async () => {
  server = await listen((socket) => socket.pipe(socket));
  proxy = await startTcpProxy(portOf(server));
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await proxy.close();
  server.close();
});

interface Client {
  socket: Socket;
  heard(): string;
  ended: Promise<string>;
}
async function client(): Promise<Client> {
  const socket = connect(proxy.port, "127.0.0.1");
  open.push(socket);
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const ended = new Promise<string>((resolve) => {
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    socket.on("close", () => resolve("closed"));
  });
  await Promise.race([new Promise((resolve) => socket.once("connect", resolve)), ended]);
  return { socket, heard: () => text, ended };
}
const echoes = async ({ socket, heard }: Client, text: string, withinMs = 1_000) => {
  const before = heard().length;
  socket.write(text);
  for (let waited = 0; waited < withinMs && heard().length < before + text.length; waited += 5) await sleep(5);
  return heard().slice(before) === text;
};

test("bytes pass both ways, in large amounts too", async () => {
  const one = await client();
  expect(await echoes(one, "x".repeat(3_000_000), 5_000)).toBe(true);
  expect(proxy.connections).toBe(1);
});

test("a cut resets the connections of the fraction", async () => {
  const [one, two] = [await client(), await client()];
  await Promise.all([echoes(one, "a"), echoes(two, "b")]);
  let drawn = 0;
  expect(proxy.cut(0.5, () => [0.1, 0.9][drawn++] ?? 1)).toBe(1);
  expect(await one.ended).toBe("ECONNRESET");
  expect(await echoes(two, "still")).toBe(true);
  expect(proxy.connections).toBe(1);
});

test("a stall holds bytes back and loses none", async () => {
  const one = await client();
  await echoes(one, "a");
  proxy.stall(1, 200);
  one.socket.write("held");
  await sleep(100);
  expect(one.heard()).toBe("a");
  await sleep(200);
  expect(one.heard()).toBe("aheld");
});

test("refused connections are reset, and accepted again later", async () => {
  proxy.refusing = true;
  expect(await (await client()).ended).toBe("ECONNRESET");
  proxy.refusing = false;
  expect(await echoes(await client(), "back")).toBe(true);
});

test("a new connection goes to the new target; with a target that is down it is reset", async () => {
  const other = await listen((socket) => socket.end("other"));
  proxy.target = portOf(other);
  const one = await client();
  expect([await one.ended, one.heard()]).toEqual(["closed", "other"]);
  await new Promise((resolve) => other.close(resolve));
  expect(await (await client()).ended).toBe("ECONNRESET");
});
