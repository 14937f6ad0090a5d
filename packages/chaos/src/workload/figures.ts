import type { Mischief } from "./mischief";
import type { Person } from "./person";
import type { SystemUnderTest } from "./system";
import type { World } from "./world";

/** What happened in a run, in numbers. */
export interface Figures {
  acknowledged: number;
  sent: number;
  talkSeconds: number;
  wallSeconds: number;
  messagesPerSecond: number;
  logs: number;
  people: number;
  observers: number;
  deliveries: number;
  reads: number;
  kicks: number;
  /** What those who were removed still heard, because it was on its way to them or against the rules. */
  heardAfterKick: number;
  clientRestarts: number;
  reconnects: number;
  logIns: number;
  /** By kind: of table calls, and of everything else. */
  faults: Record<string, number>;
  happened: Record<string, number>;
  /** Requests that failed, by code. */
  errors: Record<string, number>;
  memoryMb: number;
}

interface Sources {
  world: World;
  people: readonly Person[];
  system: SystemUnderTest;
  mischief: Mischief | undefined;
  startedAt: number;
  talkedFrom: number;
}

export function figuresOf({ world, people, system, mischief, startedAt, talkedFrom }: Sources): Figures {
  const { history } = world.recorder;
  const now = performance.now();
  const talkSeconds = (now - talkedFrom) / 1000;
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  return {
    acknowledged: history.sends.acknowledged,
    sent: history.sends.length,
    talkSeconds: Math.round(talkSeconds),
    wallSeconds: Math.round((now - startedAt) / 1000),
    messagesPerSecond: Math.round(history.sends.acknowledged / talkSeconds),
    logs: history.logs.length,
    people: people.length,
    observers: history.observers.length,
    deliveries: sum(history.observers.map(({ delivered }) => delivered.length)),
    reads: history.reads.length,
    kicks: history.kicks.length,
    heardAfterKick: history.heardAfterKick.length,
    clientRestarts: sum(people.map(({ restarts }) => restarts)),
    reconnects: sum(people.map(({ reconnects }) => reconnects)),
    logIns: sum(world.accounts.map(({ logIns }) => logIns)),
    faults: { ...system.tables.injected },
    happened: { ...mischief?.happened },
    errors: Object.fromEntries(world.errors),
    memoryMb: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
}
