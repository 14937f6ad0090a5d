import { useSockets, type Push } from "@agora/core/realtime/sockets";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startStack, uniqueName, type Person, type SocketClient, type Stack } from "../testing/stack";

let stack: Stack;
let owner: Person;
let path: string;
let listener: SocketClient;
/** What the next push of a message does instead of its work. */
let fault: ((ids: string[]) => ReturnType<Push>) | undefined;

beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
  const { push, close } = stack.sockets;
  const faulty: Push = (ids, frame) => {
    if (!fault || !frame.includes('"new_message"')) return push(ids, frame);
    const happens = fault;
    fault = undefined;
    return happens(ids);
  };
  useSockets({ push: faulty, close });
  owner = await stack.register();
  const { body: server } = await stack.api("POST /servers", { token: owner.token, body: { name: uniqueName("s") } });
  path = `/servers/${server.id}/channels/${server.channels[0].id}/messages`;
  listener = await stack.connect(owner.token);
  await listener.ask({ action: "subscribe", topics: [{ topic: `channel:${server.channels[0].id}` }] });
});
afterAll(async () => {
  await listener.close();
  await stack.close();
});

const send = (nonce: string, after: number) => stack.api(`POST ${path}`, { token: owner.token, body: { content: nonce, nonce, after } });
const heard = () => listener.frames.filter(({ type }) => type === "new_message").map(({ seq }) => seq);

test("a listener that can be neither reached nor closed keeps its place; the message is not acknowledged, and the repeat reaches it", async () => {
  fault = (ids) => Promise.resolve({ gone: [], failed: ids });
  const first = await send("one", 0);
  expect([first.status, first.body.code, first.headers.get("retry-after")]).toEqual([503, "unavailable", "1"]);
  expect(heard()).toEqual([]);
  const repeat = await send("one", 0);
  expect([repeat.status, repeat.body.seq]).toEqual([200, 1]);
  await listener.next(({ seq }) => seq === 1);
  expect((await send("two", 1)).status).toBe(201);
  await listener.next(({ seq }) => seq === 2);
  expect(heard()).toEqual([1, 2]);
});

test("a push that throws is answered as a defect, and the repeat reaches everybody", async () => {
  fault = () => Promise.reject(new Error("planted"));
  expect((await send("three", 2)).status).toBe(500);
  expect((await send("three", 2)).body.seq).toBe(3);
  await listener.next(({ seq }) => seq === 3);
});

test("a listener that is gone is forgotten, and the message is acknowledged", async () => {
  const other = await stack.connect(owner.token);
  await other.ask({ action: "subscribe", topics: [{ topic: `channel:${path.split("/")[4] ?? ""}` }] });
  other.socket.terminate();
  expect((await send("four", 3)).status).toBe(201);
  await listener.next(({ seq }) => seq === 4);
});
