import { describe, expect, test } from "vitest";
import type { Message } from "@agora/core/protocol/message";
import { AgoraError } from "./errors";
import type { OnlineSignal } from "./online";
import { createOutbox } from "./outbox";
import type { OutboxOptions, SendRequest } from "./outbox";
import type { OutboxItem } from "./outbox-draft";
import { FakeClock, settled } from "./testing/fake-clock";
import { message } from "./testing/message";

const TOPIC = "channel:chn_1";
const OTHER = "channel:chn_2";
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const network = new AgoraError("network", "No answer.");
const unavailable = new AgoraError("unavailable", "Busy.");
const denied = new AgoraError("auth.denied", "You may not write here.");

interface Body {
  content: string;
}
type Request = SendRequest<Body> & { answer: (message: Message) => void; refuse: (error: unknown) => void; signal: AbortSignal };

/** An outbox whose requests wait for the test to answer them. */
function world(options: Partial<OutboxOptions<Body>> = {}) {
  const clock = new FakeClock();
  const requests: Request[] = [];
  const lists: (readonly OutboxItem<Body>[])[] = [];
  let nonces = 0;
  const outbox = createOutbox<Body>({
    send: (request, { signal }) => new Promise((answer, refuse) => requests.push({ ...request, answer, refuse, signal })),
    fetchAfter: () => Promise.reject(new Error("not expected")),
    seen: () => 5,
    onchange: (items) => lists.push(items),
    clock,
    random: () => 0.5,
    newNonce: () => `n${++nonces}`,
    onlineSignal: { isOnline: () => true, subscribe: () => () => undefined },
    ...options,
  });
  const request = (index: number) => {
    const found = requests.at(index);
    if (!found) throw new Error("no such request");
    return found;
  };
  const states = () => outbox.items.map(({ nonce, state }) => `${nonce} ${state}`);
  return { clock, requests, request, lists, outbox, states };
}

describe("sending", () => {
  test("messages of one log go one after another, those of another log at the same time", async () => {
    const { outbox, requests, request, states } = world();
    outbox.add(TOPIC, { content: "one" });
    outbox.add(TOPIC, { content: "two" });
    outbox.add(OTHER, { content: "three" });
    await settled();
    expect(requests.map(({ body }) => body.content)).toEqual(["one", "three"]);
    expect(states()).toEqual(["n1 sending", "n2 pending", "n3 sending"]);
    request(0).answer(message(6, { nonce: "n1" }));
    await settled();
    expect(requests.map(({ body }) => body.content)).toEqual(["one", "three", "two"]);
    expect(states()).toEqual(["n2 sending", "n3 sending"]);
  });

  test("an acknowledged message is told before its row goes", async () => {
    const told: unknown[] = [];
    const { outbox, request } = world({ onsent: (topic, { seq }) => told.push([topic, seq, outbox.items.length]) });
    outbox.add(TOPIC, { content: "one" });
    await settled();
    request(0).answer(message(6, { nonce: "n1" }));
    await settled();
    expect([told, outbox.items.length]).toEqual([[[TOPIC, 6, 1]], 0]);
  });

  test("a list that was handed out does not change", async () => {
    const { outbox, request, lists } = world();
    outbox.add(TOPIC, { content: "one" });
    const [first] = lists;
    await settled();
    request(0).refuse(denied);
    await settled();
    expect(first?.map(({ state }) => state)).toEqual(["pending"]);
    expect(lists.at(-1)?.map(({ state }) => state)).toEqual(["failed"]);
    expect(Object.isFrozen(first) && Object.isFrozen(first?.[0])).toBe(true);
  });

  test("nonces are made without a secure context and do not repeat", () => {
    const { outbox } = world({ newNonce: undefined as never });
    const nonces = Array.from({ length: 100 }, () => outbox.add(TOPIC, { content: "" }));
    expect(new Set(nonces).size).toBe(100);
    expect(nonces[0]).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe("a try that failed", () => {
  test("for lack of an answer is repeated under the same nonce, later and later", async () => {
    const { clock, outbox, requests, request, states } = world();
    outbox.add(TOPIC, { content: "one" });
    outbox.add(TOPIC, { content: "two" });
    for (const [error, delayMs] of [
      [network, 250],
      [unavailable, 500],
      [new AgoraError("internal", "Oops.", { status: 500 }), 1000],
    ] as const) {
      await settled();
      const count = requests.length;
      request(-1).refuse(error);
      await clock.pass(delayMs - 1);
      expect([requests.length, states()]).toEqual([count, ["n1 pending", "n2 pending"]]);
      expect(outbox.items[0]?.retryAt).toBe(clock.now() + 1);
      await clock.pass(1);
      expect(requests.length).toBe(count + 1);
    }
    expect(new Set(requests.map(({ nonce }) => nonce))).toEqual(new Set(["n1"]));
  });

  test("because of a limit waits as long as the server asks, and nothing shortens that", async () => {
    const { clock, outbox, requests, request } = world();
    outbox.add(TOPIC, { content: "one" });
    await settled();
    request(0).refuse(new AgoraError("limit.topics", "Slowly.", { status: 429, retryAfterMs: 20 * SECOND }));
    await clock.pass(19 * SECOND);
    outbox.wake();
    await settled();
    expect(requests.length).toBe(1);
    await clock.pass(SECOND);
    expect(requests.length).toBe(2);
  });

  test("because of slow mode goes out under the same nonce when the time is over, and those behind it then", async () => {
    const { clock, outbox, requests, request, states } = world();
    outbox.add(TOPIC, { content: "one" });
    outbox.add(TOPIC, { content: "two" });
    await settled();
    request(0).refuse(new AgoraError("limit.slow_mode", "Slowly.", { retryAfterMs: 30 * SECOND }));
    await settled();
    expect(states()).toEqual(["n1 pending", "n2 pending"]);
    expect(outbox.items[0]).toMatchObject({ retryAt: clock.now() + 30 * SECOND, delayedBy: "limit.slow_mode", error: null });
    expect(outbox.snapshot().items[0]).not.toHaveProperty("error"); // a reload goes on
    await clock.pass(30 * SECOND - 1);
    outbox.wake();
    expect(requests.length).toBe(1);
    await clock.pass(1);
    expect([requests.map(({ nonce }) => nonce), states()]).toEqual([
      ["n1", "n1"],
      ["n1 sending", "n2 pending"],
    ]);
    expect(outbox.items[0]).toMatchObject({ retryAt: null, delayedBy: null });
    request(1).answer(message(6, { nonce: "n1" }));
    await settled();
    expect(request(2).nonce).toBe("n2");
  });

  test("is repeated at once when the server is known to be back", async () => {
    const { outbox, requests, request } = world();
    outbox.add(TOPIC, { content: "one" });
    await settled();
    request(0).refuse(network);
    await settled();
    expect(requests.length).toBe(1);
    outbox.wake();
    await settled();
    expect(requests.length).toBe(2);
  });

  test("without a network waits for it, and that counts as no try", async () => {
    let wake: (() => void) | undefined;
    const online: OnlineSignal & { on: boolean } = {
      on: false,
      isOnline: () => online.on,
      subscribe: (listener) => {
        wake = () => listener("online");
        return () => undefined;
      },
    };
    const { clock, outbox, requests, request } = world({ onlineSignal: online });
    outbox.add(TOPIC, { content: "one" });
    await settled();
    request(0).refuse(network);
    await clock.pass(29 * SECOND);
    expect(requests.length).toBe(1);
    online.on = true;
    wake?.();
    await settled();
    request(1).refuse(network);
    await clock.pass(250);
    expect(requests.length).toBe(3);
  });

  test("for good is kept with its error, and those behind it go on", async () => {
    const { outbox, requests, request, states } = world();
    outbox.add(TOPIC, { content: "one" });
    outbox.add(TOPIC, { content: "two" });
    await settled();
    request(0).refuse(denied);
    await settled();
    expect(states()).toEqual(["n1 failed", "n2 sending"]);
    expect(outbox.items[0]?.error).toBe(denied);
    request(1).answer(message(6, { nonce: "n2" }));
    await settled();
    expect(requests.length).toBe(2);
    outbox.retry("n1");
    await settled();
    expect([requests.length, request(2).nonce, states()]).toEqual([3, "n1", ["n1 sending"]]);
    expect(outbox.items[0]?.error).toBe(null);
  });

  test("eight times inside the server is for good, seven times is not", async () => {
    const { clock, outbox, request, states } = world();
    outbox.add(TOPIC, { content: "one" });
    for (let failures = 1; failures <= 8; failures++) {
      await clock.pass(MINUTE);
      expect(states()).toEqual(["n1 sending"]);
      request(-1).refuse(new AgoraError("internal", "Oops.", { status: 500 }));
    }
    await clock.pass(MINUTE);
    expect(states()).toEqual(["n1 failed"]);
  });

  test("and is discarded is neither repeated nor shown", async () => {
    const { clock, outbox, requests, request, states } = world();
    outbox.add(TOPIC, { content: "one" });
    outbox.add(TOPIC, { content: "two" });
    await settled();
    outbox.discard("n1");
    await settled();
    expect(request(0).signal.aborted).toBe(true);
    request(0).refuse(network);
    await clock.pass(MINUTE);
    expect([requests.map(({ nonce }) => nonce), states()]).toEqual([["n1", "n2"], ["n2 sending"]]);
  });
});

describe("an own message that comes by the socket", () => {
  test("before the answer settles its item, and the next one goes without waiting for the answer", async () => {
    const { clock, outbox, requests, request, states } = world();
    outbox.add(TOPIC, { content: "one" });
    outbox.add(TOPIC, { content: "two" });
    await settled();
    outbox.settle(TOPIC, [message(6, { nonce: "n1" })]);
    await settled();
    expect([requests.map(({ nonce }) => nonce), states()]).toEqual([["n1", "n2"], ["n2 sending"]]);
    request(0).refuse(network);
    await clock.pass(MINUTE);
    expect(requests.length).toBe(2);
  });

  test("while it waits for its next try ends the wait", async () => {
    const { clock, outbox, requests, request } = world();
    outbox.add(TOPIC, { content: "one" });
    await settled();
    request(0).refuse(network);
    await settled();
    expect(clock.pending).toBe(1);
    outbox.settle(TOPIC, [message(6, { nonce: "n1" })]);
    expect([clock.pending, outbox.items]).toEqual([0, []]);
    await clock.pass(MINUTE);
    expect(requests.length).toBe(1);
  });

  test("settles nothing in another log, nor under another author", async () => {
    const { outbox, states } = world({ isOwn: ({ author }) => author.id === "usr_1" });
    outbox.add(TOPIC, { content: "one" });
    await settled();
    outbox.settle(OTHER, [message(6, { nonce: "n1" })]);
    outbox.settle(TOPIC, [message(6, { nonce: "n1", author: { id: "usr_2", username: "eve", display_name: null, avatar_url: null } })]);
    expect(states()).toEqual(["n1 sending"]);
    outbox.settle(TOPIC, [message(7, { nonce: "n1" })]);
    expect(states()).toEqual([]);
  });
});

describe("`after`", () => {
  test("is what was seen before the first try, and is raised only past entries that were shown without a hole", async () => {
    const { clock, outbox, request } = world();
    outbox.add(TOPIC, { content: "one" });
    const tryAfter = async () => {
      await clock.pass(MINUTE);
      const { after } = request(-1);
      request(-1).refuse(network);
      return after;
    };
    expect(await tryAfter()).toBe(5);
    outbox.settle(TOPIC, [message(6), message(7)]);
    expect(await tryAfter()).toBe(7);
    outbox.settle(TOPIC, [message(9), message(10)]);
    expect(await tryAfter()).toBe(7);
    outbox.settle(TOPIC, [message(8)]);
    expect(await tryAfter()).toBe(8);
  });

  test("is the end of the log if nobody listens to it, and a failure to learn that is repeated", async () => {
    let failures = 1;
    const { clock, outbox, requests } = world({
      seen: () => undefined,
      fetchAfter: () => (failures-- > 0 ? Promise.reject(network) : Promise.resolve({ messages: [], head: 41 })),
    });
    outbox.add(TOPIC, { content: "one" });
    await settled();
    expect(requests.length).toBe(0);
    await clock.pass(250);
    expect(requests.map(({ after }) => after)).toEqual([41]);
  });

  test("that is too far back for the server is brought forward by reading, which finds the message if it is there", async () => {
    const log = Array.from({ length: 300 }, (_, index) => message(index + 1, index === 149 ? { nonce: "n2" } : {}));
    const conflict = new AgoraError("message.conflict", "Too far back.");
    const { clock, outbox, requests, request } = world({
      fetchAfter: (_, after, limit) => Promise.resolve({ messages: log.slice(after, after + limit), head: 300 }),
    });
    outbox.add(TOPIC, { content: "one" });
    await settled();
    request(0).refuse(conflict);
    await settled();
    expect(requests.map(({ after, nonce }) => [nonce, after])).toEqual([
      ["n1", 5],
      ["n1", 300],
    ]);
    request(1).refuse(conflict);
    await settled();
    expect(requests.length).toBe(2);
    await clock.pass(SECOND);
    request(2).answer(message(301, { nonce: "n1" }));
    outbox.add(TOPIC, { content: "two" });
    await settled();
    request(3).refuse(conflict);
    await clock.pass(MINUTE);
    expect([requests.length, outbox.items]).toEqual([4, []]);
  });
});

describe("a snapshot", () => {
  test("brings unsent and failed messages over a reload with their nonces and their `after`", async () => {
    const before = world();
    for (const content of ["one", "two", "three"]) before.outbox.add(TOPIC, { content });
    await settled();
    before.request(0).refuse(denied);
    await settled();
    const kept = JSON.stringify(before.outbox.snapshot());
    before.outbox.close();

    const { outbox, requests, states, request } = world({ seen: () => 100 });
    outbox.restore(JSON.parse(kept));
    outbox.restore(JSON.parse(kept));
    await settled();
    expect(states()).toEqual(["n1 failed", "n2 sending", "n3 pending"]);
    expect(outbox.items[0]?.error).toMatchObject({ code: "auth.denied", message: denied.message });
    expect(requests.map(({ nonce, after }) => [nonce, after])).toEqual([["n2", 5]]);
    request(0).answer(message(101, { nonce: "n2" }));
    await settled();
    expect(requests.map(({ nonce, after }) => [nonce, after])).toEqual([
      ["n2", 5],
      ["n3", 100],
    ]);
  });

  test("has the first `after` in it before the first request is made", async () => {
    const kept: (number | undefined)[] = [];
    const { outbox } = world({
      onchange: () => kept.push(outbox.snapshot().items[0]?.after),
      send: () => {
        expect(kept.at(-1)).toBe(5);
        return Promise.reject(denied);
      },
    });
    outbox.add(TOPIC, { content: "one" });
    await settled();
    expect(outbox.items[0]?.state).toBe("failed");
    expect(outbox.items[0]?.error).toBe(denied);
  });

  test("of another version is left alone; a closed outbox sends no more", async () => {
    const { clock, outbox, requests, request } = world();
    outbox.restore({ version: 2, items: [{}] } as never);
    outbox.add(TOPIC, { content: "one" });
    outbox.add(TOPIC, { content: "two" });
    await settled();
    outbox.close();
    request(0).refuse(network);
    await clock.pass(MINUTE);
    expect(requests.length).toBe(1);
  });
});
