import { describe, expect, test } from "vitest";
import { checks, failedChecks, judge, type CheckName } from "./checks";
import { Entries, NOBODYS } from "./entries";
import { FINDINGS_MAX } from "./finding";
import type { History } from "./history";
import { digestOf, LENGTH, log, observer, read, seenAt, story } from "./testing/story";

test("a correct history passes every check", () => {
  expect(judge(story())).toEqual(Object.fromEntries(Object.keys(checks).map((name) => [name, []])));
});

const both = (history: History, entries: () => Entries) => {
  for (const final of history.finals) final.entries = entries();
};

/** Each differs from the correct history by one thing. */
const planted: Record<CheckName, Record<string, (history: History) => void>> = {
  lost_write: {
    "an acknowledged message is not in the log": (history) => {
      both(history, () => Entries.of(log(LENGTH - 2)));
      for (const final of history.finals) final.head = LENGTH - 2;
    },
    "somebody else's message stands at its number": (history) => {
      const other = { seq: LENGTH - 1, send: LENGTH - 1, digest: digestOf(LENGTH - 1) };
      both(history, () => Entries.of([...log(LENGTH - 2), other]));
      for (const final of history.finals) final.head = LENGTH - 1;
    },
    "another content stands at its number": (history) =>
      both(history, () => Entries.of(log().map((seen) => (seen.seq === LENGTH - 1 ? { ...seen, digest: 1 } : seen)))),
    "the acknowledgement names another content": (history) => {
      const send = history.sends.begin({ person: 0, log: 0, startAt: 300 });
      history.sends.describe(send, digestOf(send));
      history.sends.acknowledge(send, { seq: LENGTH + 1, digest: 1, at: 301 });
      both(history, () => Entries.of(log(LENGTH + 1)));
      for (const final of history.finals) final.head = LENGTH + 1;
    },
  },
  duplicate: {
    "a message stands in the log twice": (history) => {
      both(history, () => Entries.of([...log(), { ...seenAt(LENGTH), seq: LENGTH + 1 }]));
      for (const final of history.finals) final.head = LENGTH + 1;
    },
    "a repeat is acknowledged under another number": (history) => history.sends.acknowledge(0, { seq: 2, digest: digestOf(0), at: 300 }),
    "an entry is delivered to an observer twice": (history) => history.observers.push(observer("ann.2", { seqs: [1, 2, 3, 3, 4] })),
  },
  hole: {
    "the log lacks a number that nobody saw": (history) => {
      const unknown = history.sends.begin({ person: 0, log: 0, startAt: 300 });
      history.sends.describe(unknown, digestOf(unknown));
      const behind = { seq: LENGTH + 2, send: unknown, digest: digestOf(unknown) };
      both(history, () => Entries.of([...log(), behind]));
      for (const final of history.finals) final.head = LENGTH + 2;
    },
    "the log's head is beyond its last entry": (history) => {
      for (const final of history.finals) final.head = LENGTH + 1;
    },
    "an observer skips an entry": (history) => history.observers.push(observer("ann.2", { seqs: [1, 2, 4, 5] })),
    "an observer skips the first entry": (history) => history.observers.push(observer("ann.2", { after: 3, seqs: [5, 6] })),
    "a page skips an entry": (history) => history.reads.push(read({ entries: Entries.of([6, 5, 3, 2, 1].map(seenAt)) })),
    "a page by `after` begins too late": (history) =>
      history.reads.push(read({ kind: "after", cursor: 2, entries: Entries.of([4, 5, 6].map(seenAt)) })),
    "a page says that nothing is before it": (history) => history.reads.push(read({ entries: Entries.of([6, 5].map(seenAt)) })),
  },
  order_disagreement: {
    "two observers saw two entries in different order": (history) => {
      const other = observer("ann.2", { seqs: [1, 2] });
      other.delivered.push({ ...seenAt(4), seq: 3 });
      other.delivered.push({ ...seenAt(3), seq: 4 });
      history.observers.push(other);
    },
    "an observer was handed an entry after a later one": (history) => {
      history.observers.push(observer("ann.2", { after: 3, seqs: [4, 2] }));
    },
    "an observer saw another content": (history) => {
      const other = observer("ann.2", { seqs: [1] });
      other.delivered.push({ ...seenAt(2), digest: 1 });
      history.observers.push(other);
    },
    "an observer saw what the log does not have": (history) =>
      history.observers.push(observer("ann.2", { after: LENGTH, seqs: [LENGTH + 1] })),
    "a page has another message at a number": (history) => {
      const entries = Entries.of([6, 5, 4, 3, 2].map(seenAt));
      entries.push({ ...seenAt(2), seq: 1 });
      history.reads.push(read({ entries }));
    },
    "the log changed with the restart": (history) => {
      const swapped = log().map((seen) => (seen.seq === LENGTH ? { ...seen, digest: 1 } : seen));
      history.finals[1]!.entries = Entries.of(swapped);
    },
  },
  read_your_writes: {
    "a page begun after an acknowledgement lacks the message": (history) =>
      history.reads.push(read({ startAt: 200, head: LENGTH - 1, entries: Entries.of(log(LENGTH - 2).reverse()) })),
    "its head is older": (history) => history.reads.push(read({ startAt: 200, entries: Entries.of(log(LENGTH - 2).reverse()) })),
    "a page by `after` ends too early": (history) =>
      history.reads.push(read({ kind: "after", startAt: 200, head: LENGTH - 1, cursor: 4, entries: Entries.of([5, 6].map(seenAt)) })),
    "a page around ends too early": (history) =>
      history.reads.push(read({ kind: "around", startAt: 200, head: 7, cursor: 6, known: 5, entries: Entries.of(log(6).reverse()) })),
  },
  non_monotonic_read: {
    "a client that was shown an entry reads an older head": (history) =>
      history.reads.push(read({ startAt: 0, head: 5, known: 6, entries: Entries.of(log(5).reverse()) })),
    "the page is older than its head": (history) =>
      history.reads.push(read({ startAt: 0, head: 6, known: 6, entries: Entries.of(log(5).reverse()) })),
    "an entry that was never acknowledged is gone after the restart": (history) => {
      history.finals[1]!.entries = Entries.of(log(LENGTH - 1));
      history.finals[1]!.head = LENGTH - 1;
    },
  },
  skipped_entry: {
    "an observer that has caught up lacks the last entry that was acknowledged": (history) =>
      history.observers.push(observer("ann.2", { seqs: [1, 2, 3, 4, 5, 6], end: "caught_up" })),
    "an observer that has caught up got nothing": (history) =>
      history.observers.push(observer("ann.2", { after: 6, seqs: [], end: "caught_up" })),
  },
  frame_after_kick: {
    "a message that was sent after the acknowledgement is heard": (history) =>
      history.heardAfterKick.push({ kick: 0, at: 202, what: "new_message", causeAt: 201 }),
    "a frame comes when nothing can be on its way any more": (history) =>
      history.heardAfterKick.push({ kick: 0, at: 15_000, what: "typing", causeAt: undefined }),
  },
  unsent_entry: {
    "the log has what nobody sent": (history) => {
      both(history, () => Entries.of([...log(), { seq: LENGTH + 1, send: NOBODYS, digest: 1 }]));
      for (const final of history.finals) final.head = LENGTH + 1;
    },
    "the log has what was sent to another one": (history) => {
      history.logs.push("channel:2");
      const astray = history.sends.begin({ person: 0, log: 1, startAt: 0 });
      both(history, () => Entries.of([...log(), { seq: LENGTH + 1, send: astray, digest: 0 }]));
      for (const final of history.finals) final.head = LENGTH + 1;
    },
  },
};

describe.each(Object.keys(planted) as CheckName[])("%s", (name) => {
  test.each(Object.keys(planted[name]))("fails alone if %s", (plant) => {
    const history = story();
    planted[name][plant]!(history);
    expect(failedChecks(judge(history))).toEqual([name]);
  });
});

describe("what is not certain is not claimed", () => {
  const harmless: Record<string, (history: History) => void> = {
    "a message without acknowledgement that is not there": (history) => {
      both(history, () => Entries.of(log(LENGTH - 1)));
      for (const final of history.finals) final.head = LENGTH - 1;
    },
    "a page that was asked for at the moment of an acknowledgement": (history) =>
      history.reads.push(read({ startAt: (LENGTH - 2) * 10 + 5, entries: Entries.of(log(LENGTH - 2).reverse()) })),
    "an observer that has caught up but for an entry that nobody was promised": (history) =>
      history.observers.push(observer("ann.2", { seqs: [1, 2, 3, 4, 5, 6, 7], end: "caught_up" })),
    "an observer that left before the end": (history) => history.observers.push(observer("ann.2", { seqs: [1, 2] })),
    "an observer that began wherever the log ended": (history) =>
      history.observers.push({ ...observer("ann.2", { seqs: [4, 5] }), after: undefined }),
    "a frame that was on its way when the kick was acknowledged": (history) =>
      history.heardAfterKick.push({ kick: 0, at: 1_000, what: "typing", causeAt: undefined }),
    "a page behind the end of the log": (history) => history.reads.push(read({ kind: "after", cursor: Number.MAX_SAFE_INTEGER, limit: 1 })),
    "an empty page before the first entry": (history) => history.reads.push(read({ kind: "before", cursor: 1 })),
  };
  test.each(Object.keys(harmless))("%s", (name) => {
    const history = story();
    harmless[name]!(history);
    expect(failedChecks(judge(history))).toEqual([]);
  });
});

test("a history with very many defects is reported by its first ones", () => {
  const history = story();
  for (let i = 0; i < 1_000; i++) history.reads.push(read({ head: 0, known: 0 }));
  expect(judge(history).read_your_writes).toHaveLength(FINDINGS_MAX);
});

test("lists of what was seen grow and keep what they hold", () => {
  const entries = new Entries(0);
  for (let seq = 1; seq <= 1_000; seq++) entries.push(seq === 7 ? { seq, send: NOBODYS, digest: 0xffffffff } : seenAt(seq));
  expect([entries.length, entries.at(6), entries.at(-1)]).toEqual([1_000, { seq: 7, send: NOBODYS, digest: 0xffffffff }, seenAt(1_000)]);
  const { sends } = story();
  for (let i = LENGTH; i < 5_000; i++) sends.begin({ person: 1, log: 0, startAt: i });
  expect(sends.at(2)).toMatchObject({ startAt: 20, ack: { seq: 3 } });
  expect(sends.at(4_999)).toEqual({ person: 1, log: 0, startAt: 4_999, digest: 0, ack: undefined });
});
