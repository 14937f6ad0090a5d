import { describe, expect, test } from "vitest";
import type { Message } from "@agora/core/protocol/message";
import { AgoraError } from "./errors";
import { GRACE_MS, HELD_MAX, LogReader } from "./log-reader";
import type { FetchAfter } from "./log-reader";
import { FakeClock } from "./testing/fake-clock";
import { message } from "./testing/message";

const TOPIC = "channel:chn_1";
const unavailable = new AgoraError("unavailable", "Busy.");

function reading(after: number | undefined, head: number, options: { fetchAfter?: FetchAfter } = {}) {
  const clock = new FakeClock();
  const log = Array.from({ length: head }, (_, index) => message(index + 1));
  const fetched: number[] = [];
  const seqs: number[] = [];
  const delivered: Message[] = [];
  const updates: Message[] = [];
  const refused: unknown[] = [];
  const reader = new LogReader({
    topic: TOPIC,
    after,
    again: 0,
    clock,
    random: () => 0.5,
    fetchAfter: async (topic, from, limit) => {
      fetched.push(from);
      return options.fetchAfter ? options.fetchAfter(topic, from, limit) : { messages: log.slice(from, from + limit), head: log.length };
    },
    onentries: (messages) => {
      delivered.push(...messages);
      seqs.push(...messages.map(({ seq }) => seq));
    },
    onupdates: (messages) => updates.push(...messages),
    onrefused: (error) => refused.push(error),
    onchange: () => undefined,
  });
  const upTo = (seq: number) => Array.from({ length: seq }, (_, index) => index + 1);
  return { clock, fetched, seqs, delivered, updates, refused, reader, upTo };
}

describe("pushed entries", () => {
  test("that overtook one another are put in order without a request", async () => {
    const { clock, fetched, seqs, reader } = reading(0, 3);
    reader.attach({ head: 0 });
    reader.offer([message(3)]);
    reader.offer([message(2)]);
    await clock.pass(GRACE_MS - 1);
    expect(seqs).toEqual([]);
    reader.offer([message(1)]);
    await clock.pass(1000);
    expect([seqs, fetched]).toEqual([[1, 2, 3], []]);
  });

  test("that leave a hole have it fetched after the grace, and not before", async () => {
    const { clock, fetched, seqs, reader } = reading(0, 3);
    reader.attach({ head: 0 });
    reader.offer([message(3)]);
    await clock.pass(GRACE_MS - 1);
    expect(fetched).toEqual([]);
    await clock.pass(1);
    expect([seqs, fetched]).toEqual([[1, 2, 3], [0]]);
  });

  test("that come again are dropped, unless they have changed", () => {
    const { seqs, updates, reader } = reading(0, 3);
    reader.attach({ head: 0 });
    reader.offer([message(1), message(1), message(2, { revision: 3 })]);
    reader.offer([message(2, { revision: 2 }), message(2, { revision: 3 }), message(1)]);
    expect([seqs, updates]).toEqual([[1, 2], []]);
    reader.offer([message(1, { revision: 2 }), message(2, { revision: 4 })]);
    reader.offer([message(1, { revision: 2 }), message(2, { revision: 4 })]);
    expect(updates.map(({ seq, revision }) => [seq, revision])).toEqual([
      [1, 2],
      [2, 4],
    ]);
  });

  test("from before the answer to the first subscribe wait for it, and begin behind its head", () => {
    const { seqs, reader } = reading(undefined, 9);
    reader.offer([message(8)]);
    reader.offer([message(7)]);
    expect([seqs, reader.seen]).toEqual([[], undefined]);
    reader.attach({ head: 7 });
    expect([seqs, reader.seen, reader.isCaughtUp]).toEqual([[8], 8, true]);
  });

  test("that turn out to be from before the beginning take no room", async () => {
    const { clock, fetched, seqs, reader, upTo } = reading(undefined, HELD_MAX);
    reader.offer(upTo(HELD_MAX).map((seq) => message(seq)));
    reader.attach({ head: HELD_MAX });
    reader.offer([message(HELD_MAX + 2)]);
    reader.offer([message(HELD_MAX + 1)]);
    await clock.pass(1000);
    expect([fetched, seqs]).toEqual([[], [HELD_MAX + 1, HELD_MAX + 2]]);
  });

  test("that wait are delivered in their newest state", () => {
    const { delivered, reader } = reading(0, 2);
    reader.attach({ head: 0 });
    reader.offer([message(2, { revision: 2 })]);
    reader.offer([message(2)]);
    reader.offer([message(1)]);
    expect(delivered.map(({ seq, revision }) => [seq, revision])).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  test("beyond the bound are dropped and fetched instead", async () => {
    const { clock, fetched, seqs, reader, upTo } = reading(0, HELD_MAX + 150);
    reader.attach({ head: 0 });
    for (let seq = 2; seq <= HELD_MAX + 150; seq++) reader.offer([message(seq)]);
    await clock.pass(GRACE_MS);
    expect(fetched).toEqual([0, HELD_MAX + 1, HELD_MAX + 101]);
    expect(seqs).toEqual(upTo(HELD_MAX + 150));
  });
});

describe("fetching", () => {
  test("goes on until the head that the page itself names", async () => {
    const log = [1, 2, 3, 4].map((seq) => message(seq));
    const fetchAfter: FetchAfter = (_, after) => Promise.resolve({ messages: log.slice(after, after + 2), head: 4 });
    const { clock, fetched, seqs, reader } = reading(0, 4, { fetchAfter });
    reader.attach({ head: 2 });
    await clock.pass(0);
    expect([fetched, seqs]).toEqual([
      [0, 2],
      [1, 2, 3, 4],
    ]);
  });

  test("neither starts nor goes on without a connection", async () => {
    const log = [1, 2, 3, 4].map((seq) => message(seq));
    let cut = false;
    const fetchAfter: FetchAfter = (_, after) => {
      if (cut) reader.detach();
      return Promise.resolve({ messages: log.slice(after, after + 2), head: 4 });
    };
    const { clock, fetched, seqs, reader } = reading(0, 4, { fetchAfter });
    reader.offer([message(4)]);
    await clock.pass(1000);
    expect([fetched, seqs]).toEqual([[], []]);
    cut = true;
    reader.attach({ head: 4 });
    await clock.pass(1000);
    expect([fetched, seqs, reader.isCaughtUp]).toEqual([[0], [1, 2], false]);
  });

  test("that fails is repeated with backoff while attached, and not while detached", async () => {
    let failures = 2;
    const fetchAfter: FetchAfter = () =>
      failures-- > 0 ? Promise.reject(unavailable) : Promise.resolve({ messages: [message(1), message(2)], head: 2 });
    const { clock, fetched, seqs, reader } = reading(0, 2, { fetchAfter });
    reader.attach({ head: 2 });
    await clock.pass(249);
    expect(fetched.length).toBe(1);
    await clock.pass(1);
    expect(fetched.length).toBe(2);
    reader.detach();
    await clock.pass(60_000);
    expect(fetched.length).toBe(2);
    reader.attach({ head: 2 });
    await clock.pass(0);
    expect([fetched.length, seqs]).toEqual([3, [1, 2]]);
  });

  test("that is refused ends the reading", async () => {
    const { clock, fetched, refused, reader } = reading(0, 2, {
      fetchAfter: () => Promise.reject(new AgoraError("channel.not_found", "Gone.")),
    });
    reader.attach({ head: 2 });
    await clock.pass(60_000);
    expect([fetched.length, refused.length]).toEqual([1, 1]);
  });

  test("never delivers past a hole that the page has", async () => {
    let pages = 0;
    const fetchAfter: FetchAfter = () => Promise.resolve({ messages: ++pages === 1 ? [message(2)] : [message(1), message(2)], head: 2 });
    const { clock, seqs, reader } = reading(0, 2, { fetchAfter });
    reader.attach({ head: 2 });
    await clock.pass(0);
    expect(seqs).toEqual([]);
    await clock.pass(250);
    expect(seqs).toEqual([1, 2]);
  });
});
