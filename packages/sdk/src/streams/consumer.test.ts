import { describe, expect, test } from "vitest";
import { AgoraError } from "../errors";
import { FakeClock } from "../testing/fake-clock";
import { createConsumer } from "./consumer";
import type { ConsumerOptions } from "./consumer";
import { read } from "./reader";
import { FakeTopic } from "./testing/fake-topic";

const SECOND = 1_000;

function world(messages = 5) {
  const clock = new FakeClock();
  const topic = new FakeTopic(() => clock.now());
  for (let i = 1; i <= messages; i++) topic.other(i);
  const ended = new AbortController();
  // What there is at first is waited for, as a poll of the server does, so that a loop with nothing to do lets time pass.
  const poll = topic.poll;
  topic.poll = async (input, options) => {
    const polled = await poll(input, options);
    if (polled.messages.length > 0) return polled;
    await new Promise<void>((resolve) => {
      clock.setTimeout(resolve, SECOND);
      options?.signal?.addEventListener("abort", () => resolve());
    });
    if (options?.signal?.aborted) throw new AgoraError("network", "Aborted.");
    return poll(input, options);
  };
  const seen: unknown[] = [];
  const make = (options: Partial<ConsumerOptions> = {}) =>
    createConsumer({ client: topic, topic: "t", group: "g", consumer: "me", clock, random: () => 0.5, signal: ended.signal, ...options });
  /** Runs a loop until its body says that it is enough. */
  const run = async (body: (payload: unknown) => unknown, options: Partial<ConsumerOptions> = {}) => {
    for await (const { payload } of make(options)) {
      seen.push(payload);
      if ((await body(payload)) === "enough") break;
    }
  };
  const takes = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
  return { clock, topic, seen, run, make, takes, end: () => ended.abort() };
}

describe("a consumer", () => {
  test("makes the group, delivers in order, commits at the end of each poll, and leaves when it is aborted", async () => {
    const { clock, topic, seen, run, end } = world();
    const loop = run(() => undefined, { limit: 2, leaseSeconds: 60 });
    await clock.pass(SECOND);
    expect([seen, topic.commits, topic.group?.leaseSeconds]).toEqual([[1, 2, 3, 4, 5], [3, 5, 6], 60]);
    topic.other(6);
    await clock.pass(3 * SECOND);
    end();
    await clock.pass(0);
    await loop;
    expect([seen.at(-1), topic.group?.committed, topic.group?.holder]).toEqual([6, 7, null]);
  });

  test("left by break has done all but the present message, or that too if the body says so", async () => {
    const { topic, seen, run, make } = world();
    await run((payload) => (payload === 3 ? "enough" : undefined));
    expect([topic.group?.committed, topic.group?.holder]).toEqual([3, null]);
    const consumer = make();
    for await (const message of consumer) {
      seen.push(message.payload);
      consumer.done(message);
      break;
    }
    expect([seen, topic.group?.committed]).toEqual([[1, 2, 3, 3], 4]);
  });

  test("whose body fails gets that message again", async () => {
    const { topic, seen, run } = world();
    const broken = new Error("the body");
    await expect(
      run((payload) => {
        if (payload === 2) throw broken;
      }),
    ).rejects.toBe(broken);
    await run((payload) => (payload === 2 ? "enough" : undefined));
    expect([seen, topic.group?.committed]).toEqual([[1, 2, 2], 2]);
  });

  test("that dies without a word: the next one goes on from the last commit when the lease is over", async () => {
    const { clock, topic, run, seen, takes } = world();
    void run((payload) => takes(payload === 4 ? Infinity : 0), { limit: 2 });
    await clock.pass(0);
    topic.refusals.commit = Array<AgoraError>(99).fill(new AgoraError("network", "Dead."));
    expect(topic.group?.committed).toBe(3);
    seen.length = 0;
    const loop = run((payload) => (payload === 5 ? "enough" : undefined), { consumer: "next" });
    await clock.pass(29 * SECOND);
    expect(seen).toEqual([]);
    await clock.pass(15 * SECOND);
    await loop;
    expect(seen).toEqual([3, 4, 5]);
  });

  test("keeps its lease while the body works for long, and commits meanwhile what is done", async () => {
    const { clock, topic, run, takes, end } = world(3);
    const loop = run((payload) => takes(payload === 2 ? 100 * SECOND : 0));
    await clock.pass(99 * SECOND);
    expect([topic.group?.committed, (topic.group?.until ?? 0) > clock.now(), topic.group?.generation]).toEqual([2, true, 1]);
    await clock.pass(5 * SECOND);
    expect(topic.group?.committed).toBe(4);
    end();
    await clock.pass(SECOND);
    await loop;
  });

  test("that has lost the group does not deliver the rest of its poll, says so, and waits until it gets the group again", async () => {
    const { clock, topic, seen, run, takes, end } = world(4);
    const lost: string[] = [];
    const loop = run((payload) => takes(payload === 2 ? 12 * SECOND : 0), { onlost: ({ code }) => lost.push(code) });
    await clock.pass(SECOND);
    topic.takeOver();
    await clock.pass(12 * SECOND);
    expect([seen, lost, topic.group?.committed]).toEqual([[1, 2], ["group.fenced"], 1]);
    await clock.pass(60 * SECOND);
    expect([seen, topic.group?.committed]).toEqual([[1, 2, 1, 2, 3, 4], 5]);
    end();
    await clock.pass(SECOND);
    await loop;
  });

  test("goes on over lost connections, and not over what cannot be mended", async () => {
    const { clock, topic, seen, run } = world(3);
    topic.refusals = {
      poll: [new AgoraError("network", "No."), new AgoraError("unavailable", "No.")],
      commit: [new AgoraError("network", "No.")],
    };
    const loop = run(() => undefined, { limit: 2 });
    const failed = expect(loop).rejects.toMatchObject({ code: "auth.invalid" });
    await clock.pass(5 * SECOND);
    expect([seen, topic.group?.committed]).toEqual([[1, 2, 3], 4]);
    topic.refusals.poll = [new AgoraError("auth.invalid", "Revoked.")];
    await clock.pass(5 * SECOND);
    await failed;
  });
});

describe("reading without a group", () => {
  test("gives all from an offset on, and ends at the end if it does not wait", async () => {
    const { topic } = world(7);
    const seen: unknown[] = [];
    for await (const { payload } of read({ client: topic, topic: "t", from: 3, wait: 0, limit: 2 })) seen.push(payload);
    expect(seen).toEqual([3, 4, 5, 6, 7]);
  });
});
