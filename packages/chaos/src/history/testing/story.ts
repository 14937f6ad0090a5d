import { Entries, type Seen } from "../entries";
import { newHistory, type History, type Observer, type PageRead } from "../history";

/** What stands at a number in the story: the log's n-th entry is the n-th send. */
export const seenAt = (seq: number): Seen => ({ seq, send: seq - 1, digest: digestOf(seq - 1) });
export const digestOf = (send: number): number => (send + 1) * 7919;

/** How many messages the story has. The last was never acknowledged, and the one before it was acknowledged and shown to nobody. */
export const LENGTH = 8;
const SHOWN = LENGTH - 2;

export const log = (length = LENGTH): Seen[] => Array.from({ length }, (_, i) => seenAt(i + 1));
const ackAtOf = (send: number) => send * 10 + 5;

/**
 * A history in which all is well: two people write to one log by turns, each with an observer that leaves before the end; pages of every kind are
 * read; one is removed at 200 and comes back at 20,000; the log is read back twice. A test changes one thing in it.
 */
export function story(): History {
  const history = newHistory();
  history.people.push("ann", "bob");
  history.logs.push("channel:1");
  for (let send = 0; send < LENGTH; send++) {
    history.sends.begin({ person: send % 2, log: 0, startAt: send * 10 });
    history.sends.describe(send, digestOf(send));
    if (send < LENGTH - 1) history.sends.acknowledge(send, { seq: send + 1, digest: digestOf(send), at: ackAtOf(send) });
  }
  history.observers.push(observer("ann.1"), observer("bob.1", { after: 2 }));
  history.reads.push(
    read({ entries: Entries.of(log(SHOWN).reverse()), startAt: ackAtOf(SHOWN - 1) + 1 }),
    read({ kind: "before", cursor: 5, limit: 3, entries: Entries.of([seenAt(4), seenAt(3), seenAt(2)]), hasMore: true }),
    read({ kind: "around", cursor: 3, limit: 4, entries: Entries.of([seenAt(5), seenAt(4), seenAt(3), seenAt(2)]), hasMore: true }),
    read({ kind: "after", cursor: 2, entries: Entries.of(log(SHOWN).slice(2)) }),
  );
  history.kicks.push({ person: 1, logs: [0], ackAt: 200, rejoinAt: 20_000 });
  history.heardAfterKick.push(
    { kick: 0, at: 201, what: "new_message of a send from before", causeAt: 190 },
    { kick: 0, at: 20_500, what: "new_message after coming back", causeAt: 20_400 },
  );
  history.finals.push(
    { log: 0, when: "healed", head: LENGTH, entries: Entries.of(log()) },
    { log: 0, when: "restarted", head: LENGTH, entries: Entries.of(log()) },
  );
  return history;
}

export function observer(id: string, { after = 0, seqs = range(after + 1, SHOWN), end = "left" }: Partial<ObserverInput> = {}): Observer {
  return { id, log: 0, after, delivered: Entries.of(seqs.map(seenAt)), end };
}

interface ObserverInput {
  after: number;
  seqs: number[];
  end: Observer["end"];
}

export function read(changes: Partial<PageRead> = {}): PageRead {
  return {
    client: "ann#1",
    log: 0,
    kind: "newest",
    cursor: 0,
    limit: 50,
    startAt: ackAtOf(SHOWN - 1) + 1,
    head: SHOWN,
    hasMore: false,
    known: SHOWN,
    entries: new Entries(),
    ...changes,
  };
}

const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
