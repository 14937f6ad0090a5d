import { SocketClient, startStack, type Person, type Stack } from "@agora/local/testing/stack";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startAwsProxy, type AwsCall, type AwsProxy, type Fault } from "./aws-proxy";
import { canHappen } from "./fault";
import { problemsOfLog, problemsOfOutcome } from "./invariants";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy";
import { Listening } from "./testing/listening";
import { Place } from "./testing/place";

/** Slow ones first. */
const KINDS = ["hang_before", "hang_after", "throttle", "server_error", "reset_before", "reset_after", "gone"] as const;
type Kind = (typeof KINDS)[number];

/** Which calls about the one listener are struck: each of these ends another way. */
const STRIKES: Record<string, (call: AwsCall, number: number) => boolean> = {
  "the first push": (_, number) => number === 1,
  "every push": ({ operation }) => operation === "PostToConnection",
  "every call": () => true,
};

/** Who is told that a connection is gone by all that know can do no more about it. */
const strikesOf = (kind: Kind): string[] => Object.keys(STRIKES).filter((strike) => kind !== "gone" || strike !== "every call");

let stack: Stack;
let proxy: AwsProxy;
let wire: TcpProxy;
const people: Person[] = [];
/** What happens to the calls about a connection. */
const aims = new Map<string, (call: AwsCall) => Fault | undefined>();
const results = new Map<Kind, Promise<string[]>>();
/** The connection that was pushed to last: while people come one after the other, the one who came last. */
let lastPushed = "";

beforeAll(async () => {
  vi.spyOn(console, "warn").mockReturnValue(); // a line for each fault
  stack = await startStack({
    reachedBy: async (url) => {
      proxy = await startAwsProxy(url);
      return proxy.url;
    },
  });
  proxy.plan = (call) => {
    lastPushed = call.connection ?? "";
    return aims.get(lastPushed)?.(call);
  };
  wire = await startTcpProxy(Number(new URL(stack.url).port));
  people.push(...(await Promise.all(Array.from({ length: KINDS.length + 2 }, () => stack.register()))));
  const prepared = [];
  for (const kind of KINDS) for (const strike of strikesOf(kind)) prepared.push(await prepare(kind, strike));
  for (const kind of KINDS) {
    const runs = prepared.filter((one) => one.kind === kind).map(({ run }) => run());
    results.set(
      kind,
      Promise.all(runs).then((found) => found.flat()),
    );
  }
}, 60_000);
afterAll(async () => {
  await Promise.allSettled(results.values());
  await wire.close();
  await stack.close();
  await proxy.close();
});

/** A channel at which two people look; what is pushed to the first of them is struck. */
async function prepare(kind: Kind, strike: string): Promise<{ kind: Kind; run: () => Promise<string[]> }> {
  const owner = people[KINDS.indexOf(kind)] as Person;
  const place = await Place.make(stack, owner, { messages: 1 });
  const struck = await Listening.start(stack, place, owner, await stack.connect(owner.token));
  const connection = lastPushed;
  const other = await Listening.start(stack, place, owner, await stack.connect(owner.token));
  const run = async () => {
    const said = place.say("two");
    let calls = 0;
    aims.set(connection, (call) => {
      const isStruck = STRIKES[strike]?.(call, ++calls) && canHappen(kind, call.operation);
      return isStruck ? { kind } : undefined;
    });
    const { status, headers, body } = await stack.api(`POST ${place.path}`, { token: owner.token, body: said.body });
    aims.delete(connection);
    const problems = calls === 0 ? ["nothing was struck"] : [];
    if (status === 201) said.seq = body.seq as number;
    else {
      const outcome = { kind: "refused", status, code: body?.code as string, retryAfter: headers.get("retry-after") } as const;
      problems.push(...problemsOfOutcome(outcome));
      await place.send(said);
    }
    for (const listening of [struck, other]) {
      await listening.hasHeard(2);
      problems.push(...(await listening.problems([2])));
      await listening.close();
    }
    problems.push(...problemsOfLog(await place.read(), place.said));
    return problems.map((problem) => `${strike}: ${problem}`);
  };
  return { kind, run };
}

describe("what is acknowledged was pushed to each listener, or the listener was disconnected and resumes exactly", () => {
  test.each(KINDS)("%s", { timeout: 60_000 }, async (kind) => {
    expect(await results.get(kind)).toEqual([]);
  });
});

describe("a listener that does not read", () => {
  async function connectThroughWire(owner: Person): Promise<SocketClient> {
    const { body } = await stack.api("POST /realtime/ticket", { token: owner.token });
    const url = new URL(body.url as string);
    url.port = String(wire.port);
    return SocketClient.open(`${url.href}?ticket=${body.ticket}`);
  }

  test("for a moment: gets all of it, late", async () => {
    const owner = people.at(-1) as Person;
    const place = await Place.make(stack, owner, { messages: 1 });
    const listening = await Listening.start(stack, place, owner, await connectThroughWire(owner));
    wire.stall(1, 400);
    for (let i = 2; i <= 6; i++) await place.send(place.say(`message ${i}`));
    await listening.hasHeard(6);
    expect(await listening.problems([2, 3, 4, 5, 6])).toEqual([]);
    expect(listening.wasCut).toBe(false);
    await listening.close();
  });

  test("for long: is cut off, holds nobody up, and resumes exactly", { timeout: 90_000 }, async () => {
    const owner = people.at(-2) as Person;
    const place = await Place.make(stack, owner, { messages: 1 });
    const listening = await Listening.start(stack, place, owner, await connectThroughWire(owner));
    const connection = lastPushed;
    const isCutOff = async () => (await stack.sockets.push([connection], '{"type":"pong"}')).gone.length > 0;
    wire.stall(1, 90_000);
    expect(await isCutOff()).toBe(false);
    // As much as the system's buffers and the gateway's patience hold: some ten megabytes.
    const large = "🗿".repeat(4_000);
    for (let round = 0; round < 80 && !(await isCutOff()); round++) {
      const sayings = Array.from({ length: 16 }, () => place.say(large));
      await Promise.all(sayings.map((saying) => place.send(saying)));
    }
    expect(await isCutOff()).toBe(true);
    wire.cut(); // what the system would find out late
    await listening.hasHeard(Infinity);
    const seqs = place.said.map(({ seq = 0 }) => seq).filter((seq) => seq > 1);
    expect(await listening.problems(seqs.sort((a, b) => a - b))).toEqual([]);
  });
});
