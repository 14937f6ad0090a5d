import fc from "fast-check";
import { expect, test } from "vitest";
import type { Message } from "@agora/core/protocol/message";
import { ROWS_MAX } from "./stretch";
import { message, messages, page, world } from "./testing/world";
import type { Asked } from "./testing/world";

const CHANNEL = "/api/servers/srv_1/channels/chn_1/messages";

/** Turns of the event loop. Timers make a pause, so they are waited for only where one is set. */
async function turns({ withTimers = false } = {}): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => (withTimers ? setTimeout(resolve, 1) : setImmediate(resolve)));
}

/** A channel of so many messages, and somebody who looks at some of them. Requests wait until the test answers them. */
async function open(length: number, first: number, count: number) {
  const log = messages(1, length);
  const it = world({ headOf: () => log.length });
  it.client.realtime.connect();
  const shown = log.slice(first - 1, first - 1 + count);
  const timeline = it.client.open({ server_id: "srv_1", channel_id: "chn_1" }, page(shown, { hasOlder: first > 1, head: length }));
  timeline.follow();
  await turns();
  let isAwake = true;

  /** As the API answers: what it read when it was asked, or when the answer goes out. */
  const read = ({ query }: Asked) => {
    const number = (name: string) => (query.has(name) ? Number(query.get(name)) : undefined);
    const [limit = 50, before, after, around] = ["limit", "before", "after", "around"].map(number);
    const head = log.length;
    if (after !== undefined) {
      const found = log.slice(after, after + limit);
      return { messages: found, has_more: after + limit < head, next_cursor: null, head };
    }
    const end = around === undefined ? (before ?? head + 1) - 1 : Math.min(head, around + Math.floor(limit / 2));
    const start = Math.max(0, around === undefined ? end - limit : Math.max(0, around + Math.floor(limit / 2) - limit));
    return { messages: log.slice(start, end).toReversed(), has_more: start > 0, next_cursor: null, head };
  };
  const asked = new Map<Asked, ReturnType<typeof read>>();
  const note = () => {
    for (const one of it.asked.splice(0)) if (one.path === CHANNEL && one.method === "GET") asked.set(one, read(one));
  };

  return {
    timeline,
    log,
    /** Reads what has been asked for by now. */
    note,
    say: (count: number) => {
      for (let i = 0; i < count; i++) {
        const said = message(log.length + 1);
        log.push(said);
        if (isAwake) it.push(said);
      }
    },
    remove: (seq: number) => {
      const old = log[seq - 1];
      if (!old) return;
      const now: Message = { ...old, content: null, deleted_at: 1, revision: old.revision + 1 };
      log[seq - 1] = now;
      if (isAwake) it.event({ type: "message_deleted", topic: "channel:chn_1", seq, message: now });
    },
    sleep: () => {
      it.client.realtime.sleep();
      isAwake = false;
    },
    wake: () => {
      isAwake = true;
      it.client.realtime.wake();
    },
    /** Answers one of the requests that wait. False: none does. */
    answer: (which: number, how: "fresh" | "late" | "fail"): boolean => {
      note();
      const waiting = [...asked.keys()];
      const one = waiting[which % Math.max(1, waiting.length)];
      if (!one) return false;
      const before = asked.get(one);
      asked.delete(one);
      // What the SDK asks for by itself is repeated after a while of real time.
      const isOfWindow =
        one.query.get("limit") === "50" && (one.query.get("before") ?? `${timeline.log.firstSeq}`) === `${timeline.log.firstSeq}`;
      if (how === "fail" && isOfWindow) one.breakOff();
      else one.answer(200, how === "late" ? before : read(one));
      return true;
    },
    close: () => it.client.realtime.close(),
  };
}
type Channel = Awaited<ReturnType<typeof open>>;

/** What holds at any time. */
function check({ timeline, log: truth }: Channel) {
  const { messages: here, lastSeq, head, hasOlder, hasNewer, firstSeq } = timeline.log;
  expect(here.map(({ seq }) => seq)).toEqual(here.map((_, index) => firstSeq + index));
  const rows = here.filter(({ content }, index) => content !== null || index === 0 || here[index - 1]?.content !== null).length;
  expect(rows).toBeLessThanOrEqual(ROWS_MAX);
  expect(lastSeq).toBeLessThanOrEqual(truth.length);
  expect(head).toBeLessThanOrEqual(truth.length);
  expect(hasNewer).toBe(lastSeq < head);
  if (firstSeq > 1) expect(hasOlder).toBe(true);
}

/** When everything is heard and answered: it is what the channel is. */
function checkState({ timeline, log: truth }: Channel) {
  for (const { seq, revision } of timeline.log.messages) expect([seq, revision]).toEqual([seq, truth[seq - 1]?.revision]);
  expect(timeline.log.head).toBe(truth.length);
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("say" as const), count: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("remove" as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom("older" as const, "newer" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("goTo" as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("end" as const, "break" as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("look" as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      which: fc.nat(5),
      how: fc.constantFrom("fresh" as const, "fresh" as const, "late" as const, "fail" as const),
    }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function answerAll(channel: Channel) {
  await turns();
  while (channel.answer(0, "fresh")) await turns();
}

async function run(channel: Channel, todo: Step) {
  const { timeline } = channel;
  const { log } = timeline;
  const seqAt = (at: number) => 1 + Math.floor(at * (channel.log.length - 1));
  switch (todo.do) {
    case "say":
      return channel.say(todo.count);
    case "remove":
      return channel.remove(seqAt(todo.at));
    case "older":
      return void log.loadOlder();
    case "newer":
      return void log.loadNewer();
    case "goTo":
      return void log.goTo(seqAt(todo.at));
    case "end":
      return void log.goToEnd();
    case "look": {
      const first = log.firstSeq + Math.floor(todo.at * (log.lastSeq - log.firstSeq));
      log.seen = { first, last: Math.min(log.lastSeq, first + 20) };
      return;
    }
    case "break":
      await answerAll(channel);
      channel.sleep();
      channel.say(30);
      channel.remove(seqAt(0.9));
      channel.wake();
      await turns({ withTimers: true });
      return;
    case "answer":
      return void channel.answer(todo.which, todo.how);
  }
}
test("whatever comes in whatever order: it has no hole and no double, is bounded, and ends live as the channel is", async () => {
  const lengths = fc.integer({ min: 0, max: 900 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const steps = fc.array(step, { minLength: 10, maxLength: 60, size: "max" });
  await fc.assert(
    fc.asyncProperty(lengths, share, fc.integer({ min: 50, max: 290 }), steps, async (length, at, count, todos) => {
      const channel = await open(length, 1 + Math.floor(at * Math.max(0, length - count)), count);
      for (const todo of todos) {
        await run(channel, todo);
        check(channel);
        await turns();
        channel.note();
        check(channel);
      }
      await answerAll(channel);
      check(channel);
      checkState(channel);
      const going = channel.timeline.log.goToEnd();
      await answerAll(channel);
      expect(await going).toBe(true);
      channel.timeline.log.seen = null; // and looks at it
      checkState(channel);
      channel.say(1);
      expect(channel.timeline.log.lastSeq).toBe(channel.log.length);
      channel.close();
    }),
    { numRuns: 80 },
  );
}, 60_000);
