import { describe, expect, test } from "vitest";
import { AgoraError } from "../errors";
import { FakeClock } from "../testing/fake-clock";
import { createProducer } from "./producer";
import type { ProducerOptions } from "./producer";
import { FakeTopic } from "./testing/fake-topic";

function world(options: Partial<ProducerOptions> = {}) {
  const clock = new FakeClock();
  const topic = new FakeTopic();
  const producer = createProducer({ client: topic, topic: "t", clock, random: () => 0.5, ...options });
  const sizes = () => topic.requests.map(({ messages }) => messages?.length);
  /** What became of each: its offset, or its code. */
  const outcomes = (promises: Promise<number>[]) =>
    Promise.all(promises.map((promise) => promise.catch((error: unknown) => (error as AgoraError).code)));
  return { clock, topic, producer, sizes, outcomes };
}

describe("batches", () => {
  test("take what comes within the linger, and no more than they may", async () => {
    const { clock, producer, sizes, outcomes } = world({ maxBatch: 3 });
    const sent = [1, 2, 3, 4].map((n) => producer.send(n));
    await clock.pass(19);
    expect(sizes()).toEqual([3]);
    await clock.pass(21);
    expect([sizes(), await outcomes(sent)]).toEqual([
      [3, 1],
      [1, 2, 3, 4],
    ]);
  });

  test("are no larger in bytes than they may be", async () => {
    const { clock, producer, sizes } = world({ maxBytes: 1_000 });
    for (const size of [400, 400, 400, 5_000, 10]) void producer.send("ü".repeat(size / 2));
    await clock.pass(100);
    expect(sizes()).toEqual([2, 1, 1, 1]);
  });

  test("go at once when one flushes, and the next linger again", async () => {
    const { clock, producer, sizes } = world({ lingerMs: 1_000 });
    void producer.send(1);
    const flushed = producer.flush();
    await clock.pass(0);
    await flushed;
    void producer.send(2);
    await clock.pass(999);
    expect(sizes()).toEqual([1]);
    await clock.pass(1);
    expect(sizes()).toEqual([1, 1]);
  });
});

describe("failures", () => {
  test("a repeat has the nonce and the `after` of the first try", async () => {
    const { clock, topic, producer } = world({ newNonce: () => "n" });
    topic.other();
    let tries = 0;
    topic.around = (produce) => {
      const produced = produce();
      if (++tries < 3) throw new AgoraError("network", "No answer.");
      return produced;
    };
    const sent = producer.send("x", { key: "k" });
    await clock.pass(10_000);
    expect([await sent, topic.head, topic.log[1]]).toMatchObject([2, 2, { payload: "x", key: "k" }]);
    expect(topic.requests.map(({ nonce, after }) => [nonce, after])).toEqual(Array(3).fill(["n", 1]));
  });

  test("what the server asks to wait is waited", async () => {
    const { clock, topic, producer } = world({ lingerMs: 0 });
    let tries = 0;
    topic.around = (produce) => {
      if (++tries === 1) throw new AgoraError("unavailable", "Busy.", { retryAfterMs: 7_000 });
      return produce();
    };
    void producer.send(1);
    await clock.pass(6_999);
    expect(tries).toBe(1);
    await clock.pass(1);
    expect(tries).toBe(2);
  });

  test("what a repeat cannot mend rejects its own batch, and the next one goes", async () => {
    const { clock, topic, producer, outcomes } = world({ maxBatch: 2 });
    topic.around = (produce, { messages }) => {
      if (messages?.some(({ payload }) => payload === "deep")) throw new AgoraError("input.invalid", "No.");
      return produce();
    };
    const sent = outcomes([1, "deep", 2, 3].map((payload) => producer.send(payload)));
    await clock.pass(100);
    expect(await sent).toEqual(["input.invalid", "input.invalid", 1, 2]);
  });

  test("what can be seen here to be wrong is refused by itself", async () => {
    const { clock, producer, outcomes } = world();
    const circular: unknown[] = [];
    circular.push(circular);
    const sent = [
      producer.send(undefined),
      producer.send(circular),
      producer.send("x".repeat(256 * 1024)),
      producer.send(1, { key: "" }),
      producer.send(1),
    ];
    const all = outcomes(sent);
    await clock.pass(100);
    expect(await all).toEqual([...Array<string>(4).fill("input.invalid"), 1]);
  });

  test("others who wrote too much before the first try: it looks anew, and stores", async () => {
    const { clock, topic, producer, outcomes } = world({ lingerMs: 0 });
    topic.lookMax = 3;
    const first = producer.send(1);
    await clock.pass(0);
    for (let i = 0; i < 9; i++) topic.other();
    const second = producer.send(2);
    await clock.pass(1_000);
    expect(await outcomes([first, second])).toEqual([1, 11]);
  });

  test("others who wrote too much after a lost answer: whether it is stored cannot be known, and is not tried again", async () => {
    const { clock, topic, producer, outcomes } = world({ lingerMs: 0 });
    topic.lookMax = 3;
    topic.around = (produce) => {
      produce();
      topic.around = (next) => next();
      for (let i = 0; i < 9; i++) topic.other();
      throw new AgoraError("network", "No answer.");
    };
    const sent = outcomes([producer.send("once")]);
    await clock.pass(10_000);
    const later = producer.send("after it");
    await clock.pass(0);
    expect([await sent, await later]).toEqual([["message.conflict"], 11]);
    expect(topic.log.filter(({ payload }) => payload === "once")).toHaveLength(1);
  });
});

describe("bounds and the end", () => {
  test("beyond maxPending it refuses, and says when there is room", async () => {
    const { clock, producer, outcomes } = world({ maxPending: 2 });
    const sent = outcomes([1, 2, 3].map((n) => producer.send(n)));
    let isReady = false;
    void producer.ready().then(() => (isReady = true));
    await clock.pass(19);
    expect(isReady).toBe(false);
    await clock.pass(1);
    expect([isReady, producer.pending, await sent]).toEqual([true, 0, [1, 2, "unavailable"]]);
  });

  test("closed, it takes no more, and ends when all is stored", async () => {
    const { clock, producer, outcomes } = world({ lingerMs: 10_000 });
    const sent = producer.send(1);
    const closed = producer.close();
    const late = outcomes([producer.send(2)]);
    await clock.pass(0);
    await closed;
    expect([await sent, await late]).toEqual([1, ["network"]]);
  });

  test("closed with drop, it does not wait for a server that does not answer", async () => {
    const { clock, topic, producer, outcomes } = world({ lingerMs: 0 });
    topic.around = () => {
      throw new AgoraError("network", "No answer.");
    };
    const sent = outcomes([producer.send(1), producer.send(2)]);
    await clock.pass(1_000);
    await producer.close({ drop: true });
    expect([await sent, clock.pending]).toEqual([["network", "network"], 0]);
  });
});
