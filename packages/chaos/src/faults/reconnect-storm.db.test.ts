import { SocketClient, startStack, type Person, type Stack } from "@agora/local/testing/stack";
import { backoffMs } from "@agora/sdk";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy";
import { problemsOfListener } from "./invariants";
import { catchUp } from "./testing/catch-up";
import { Lanes } from "./testing/lanes";
import { Place } from "./testing/place";

/** `STORM_SOCKETS=2000` for the whole storm, which takes minutes on two cores; each socket is two file descriptors on each side of the proxy. */
const SOCKETS = Number(process.env["STORM_SOCKETS"] ?? 150);
/** An account has ten at most, and for a moment an old one and its successor. */
const SOCKETS_PER_ACCOUNT = 5;
/** In quiet times they do not come all at once. */
const AT_ONCE = 10;
const MISSED = 60;
const TRIES = 30;

let stack: Stack;
let wire: TcpProxy;
let owner: Person;
let place: Place;
const people: Person[] = [];
let refusals = 0;
const doors = new Lanes(Array.from({ length: AT_ONCE }, (_, i) => i));

/** As a client does it: a ticket, a socket, what was missed; after a refusal again, later and later. */
async function comeBack(person: Person, after: number): Promise<{ socket: SocketClient; got: number[] }> {
  for (let tries = 0; ; tries++) {
    try {
      const { status, body } = await stack.api("POST /realtime/ticket", { token: person.token });
      if (status !== 201) throw new Error(`no ticket: ${status}`);
      const url = new URL(body.url as string);
      url.port = String(wire.port);
      const socket = await SocketClient.open(`${url.href}?ticket=${body.ticket}`);
      return { socket, got: await catchUp(stack, socket, person, place, after) };
    } catch (error) {
      refusals++;
      if (tries === TRIES) throw new Error("refused for good", { cause: error });
      await sleep(backoffMs(tries, Math.random()));
    }
  }
}

beforeAll(async () => {
  for (const level of ["warn", "error"] as const) vi.spyOn(console, level).mockReturnValue(); // a line for each refusal
  stack = await startStack({ push: "in-process" });
  wire = await startTcpProxy(Number(new URL(stack.url).port));
  owner = await stack.register();
  place = await Place.make(stack, owner, { messages: 1 });
  const code = await place.invite({});
  const wanted = Array.from({ length: Math.ceil(SOCKETS / SOCKETS_PER_ACCOUNT) });
  const joining = wanted.map(() =>
    doors.use(async () => {
      const person = await stack.register();
      await place.join(person, code);
      return person;
    }),
  );
  people.push(...(await Promise.all(joining)));
}, 300_000);
afterAll(async () => {
  await wire.close();
  await stack.close();
});

test(`${SOCKETS} sockets that are cut at once come back and miss nothing`, { timeout: 600_000 }, async () => {
  const seats = Array.from({ length: SOCKETS }, (_, i) => people[i % people.length] as Person);
  const before = await Promise.all(seats.map((person) => doors.use(() => comeBack(person, 1))));
  expect(wire.connections).toBe(SOCKETS);
  const ends = before.map(({ socket }) => new Promise((resolve) => socket.socket.once("close", resolve)));

  await say("before the storm");
  await Promise.all(before.map(({ socket }) => socket.next(({ type }) => type === "new_message", 30_000)));
  expect(wire.cut()).toBe(SOCKETS);
  await Promise.all(ends);
  for (let i = 0; i < MISSED; i++) await say(`missed ${i}`);

  refusals = 0;
  const started = performance.now();
  const saidMeanwhile = place.said.length;
  const returning = seats.map(async (person) => {
    await sleep(backoffMs(0, Math.random())); // as every client does
    return comeBack(person, 2);
  });
  const back = await Promise.all([...returning, sayMeanwhile()]);
  const tookMs = performance.now() - started;

  await say("after the storm");
  const last = place.said.length;
  const problems: string[] = [];
  const sockets = back.filter((one) => one !== undefined);
  for (const [i, { socket, got }] of sockets.entries()) {
    await socket.next((frame) => frame.type === "new_message" && frame.seq === last, 30_000).catch(() => undefined);
    const pushed = socket.frames.filter(({ type }) => type === "new_message").map(({ seq }) => seq as number);
    const seen = [...new Set([...got, ...pushed])].sort((a, b) => a - b);
    const all = Array.from({ length: last - 2 }, (_, n) => n + 3);
    problems.push(...problemsOfListener({ name: `socket ${i}`, heard: [], wasCut: true, resumed: seen }, all));
    problems.push(...problemsOfListener({ name: `socket ${i}`, heard: got, wasCut: false }, all.slice(0, saidMeanwhile - 2)));
  }
  console.info(`${SOCKETS} sockets were back after ${Math.round(tookMs)} ms, and ${refusals} tries were refused`);
  expect(problems).toEqual([]);
  for (const { socket } of sockets) socket.socket.terminate();
});

/** Says it as a client does: again, until it is acknowledged. */
async function say(content: string): Promise<void> {
  const saying = place.say(content);
  for (let tries = 0; saying.seq === undefined; tries++) {
    await place.send(saying).catch(async (error: unknown) => {
      if (tries === TRIES) throw error;
      await sleep(backoffMs(tries, Math.random()));
    });
  }
}

/** People go on talking while the others come back. */
async function sayMeanwhile(): Promise<undefined> {
  for (let i = 0; i < 10; i++) await say(`meanwhile ${i}`);
}
