import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../faults/seeded-faults";
import { failedChecks, judge, type CheckName, type Verdict } from "../history/checks";
import type { History } from "../history/history";
import { Recorder } from "../history/recorder";
import { highestAcknowledged } from "../history/checks/skipped-entry";
import { liveThrough, type Enough } from "./live-through";
import { figuresOf, type Figures } from "./figures";
import { Mischief, type Plan } from "./mischief";
import { Moderator } from "./moderator";
import { Person } from "./person";
import { readLogs } from "./read-logs";
import type { WebSocket } from "ws";
import { SystemUnderTest, type SystemOptions } from "./system";
import { buildWorld, type World, type WorldSize } from "./world";

export interface RunOptions extends SystemOptions, Enough {
  seed: number;
  size: WorldSize;
  /** Undefined: nothing goes wrong. */
  plan: Plan | undefined;
  /** How long everybody may take, once everything is healed, to see what there is to see; default a minute. */
  comeBackMs?: number;
  /** What the clients open their sockets with, if not `ws`. */
  WebSocket?: typeof WebSocket;
  /** Hears of the run's progress about every ten seconds. */
  onprogress?: (figures: Figures) => void;
}

export interface RunResult<F = Figures, N extends string = CheckName, H = History> {
  seed: number;
  figures: F;
  verdict: Verdict<N>;
  /** What else was wrong: people who did not come back, a chaos that was none. Empty, as the findings, if all is well. */
  failures: string[];
  /** What the product printed, by kind of line. */
  log: SystemUnderTest["log"]["kinds"];
  history: H;
}

/** After everything was healed: longer than the longest backoff of the SDK. */
const COME_BACK_MS = 60_000;

/** Lets people talk while things break, heals everything, reads all back, and judges. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { seed, size, plan, onprogress } = options;
  const startedAt = performance.now();
  const system = await SystemUnderTest.start(options);
  try {
    const name = `s${seed.toString(36)}`;
    const recorder = new Recorder(name);
    const world = await buildWorld(system.origin, recorder, size, name, options.WebSocket);
    const people = world.accounts.map((_, number) => new Person(world, number, seededRandom(seed * 1_000 + number)));
    const mischief = plan && new Mischief(system, plan, seededRandom(seed), () => recorder.history.sends.acknowledged);
    const talkedFrom = performance.now();
    const figures = () => figuresOf({ world, people, system, mischief, startedAt, talkedFrom });

    const moderator = new Moderator(world, people, seededRandom(seed + 1));
    await liveThrough(options, [...people, moderator], { mischief, history: recorder.history, onprogress: () => onprogress?.(figures()) });
    const talked = figures();

    const failures = await gather(world, people, options.comeBackMs ?? COME_BACK_MS);
    recorder.history.finals.push(...(await readLogs(world, "healed")));
    await system.restart();
    recorder.history.finals.push(...(await readLogs(world, "restarted")));
    const verdict = judge(recorder.history);
    failures.push(...(mischief?.shortfalls() ?? []));
    const seconds = { talkSeconds: talked.talkSeconds, messagesPerSecond: talked.messagesPerSecond };
    return { seed, figures: { ...figures(), ...seconds }, verdict, failures, log: system.log.kinds, history: recorder.history };
  } finally {
    await system.stop();
  }
}

/** Whether a run found nothing wrong. */
export const isClean = ({ verdict, failures }: Pick<RunResult<unknown, string>, "verdict" | "failures">): boolean =>
  failedChecks(verdict).length === 0 && failures.length === 0;

/** Waits until everybody has sent what they had to say and seen what there is to see; then ends their clients. @returns who did not manage to. */
async function gather(world: World, people: readonly Person[], withinMs: number): Promise<string[]> {
  const deadline = Date.now() + withinMs;
  const isQuiet = () => people.every(({ client }) => client.outbox.items.length === 0);
  while (!isQuiet() && Date.now() < deadline) await sleep(50);
  const { history } = world.recorder;
  const acknowledged = highestAcknowledged(history);
  const heads = new Map(history.logs.map((topic, log) => [topic, acknowledged[log] ?? 0]));
  const isBack = ({ client }: Person) => client.isCaughtUp && client.hasReached(heads);
  while (!people.every(isBack) && Date.now() < deadline) await sleep(50);
  const failures: string[] = [];
  for (const { client } of people) {
    if (client.isCaughtUp) client.conclude();
    else failures.push(`${client.id} did not come back within ${withinMs / 1000} s: ${client.describe()}`);
  }
  for (const { client } of people) client.stop();
  return failures;
}
