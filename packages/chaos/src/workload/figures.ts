import type { History } from "../history/history";
import type { Mischief } from "./mischief";
import type { Person } from "./person";
import type { SystemUnderTest } from "./system";
import type { World } from "./world";

/** What happened in any run, in numbers. */
export interface RunFigures {
  acknowledged: number;
  sent: number;
  talkSeconds: number;
  wallSeconds: number;
  messagesPerSecond: number;
  logs: number;
  observers: number;
  deliveries: number;
  reads: number;
  /** By kind: of table calls, and of everything else. */
  faults: Record<string, number>;
  happened: Record<string, number>;
  /** Requests that failed, by code. */
  errors: Record<string, number>;
  memoryMb: number;
}

export interface Figures extends RunFigures {
  people: number;
  kicks: number;
  /** What those who were removed still heard, because it was on its way to them or against the rules. */
  heardAfterKick: number;
  clientRestarts: number;
  reconnects: number;
  logIns: number;
}

interface RunSources {
  history: History;
  errors: ReadonlyMap<string, number>;
  system: SystemUnderTest;
  mischief: Mischief | undefined;
  startedAt: number;
  talkedFrom: number;
}

interface Sources extends Omit<RunSources, "history" | "errors"> {
  world: World;
  people: readonly Person[];
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

export function figuresOf({ world, people, ...sources }: Sources): Figures {
  const { history } = world.recorder;
  return {
    ...runFigures({ ...sources, history, errors: world.errors }),
    people: people.length,
    kicks: history.kicks.length,
    heardAfterKick: history.heardAfterKick.length,
    clientRestarts: sum(people.map(({ restarts }) => restarts)),
    reconnects: sum(people.map(({ reconnects }) => reconnects)),
    logIns: sum(world.accounts.map(({ logIns }) => logIns)),
  };
}

export function runFigures({ history, errors, system, mischief, startedAt, talkedFrom }: RunSources): RunFigures {
  const now = performance.now();
  const talkSeconds = (now - talkedFrom) / 1000;
  return {
    acknowledged: history.sends.acknowledged,
    sent: history.sends.length,
    talkSeconds: Math.round(talkSeconds),
    wallSeconds: Math.round((now - startedAt) / 1000),
    messagesPerSecond: Math.round(history.sends.acknowledged / talkSeconds),
    logs: history.logs.length,
    observers: history.observers.length,
    deliveries: sum(history.observers.map(({ delivered }) => delivered.length)),
    reads: history.reads.length,
    faults: { ...system.tables.injected },
    happened: { ...mischief?.happened },
    errors: Object.fromEntries(errors),
    memoryMb: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
}
