import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../../faults/seeded-faults";
import { judgeBy } from "../../history/checks";
import { Entries } from "../../history/entries";
import type { FinalLog } from "../../history/history";
import { streamChecks, type StreamCheckName } from "../../history/streams/stream-checks";
import type { StreamHistory } from "../../history/streams/stream-history";
import { persist } from "../account";
import { liveThrough, type Enough } from "../live-through";
import { Mischief, type Plan } from "../mischief";
import type { RunResult } from "../run";
import { SystemUnderTest, type SystemOptions } from "../system";
import { streamFigures, type StreamFigures } from "./figures";
import { Member } from "./member";
import { Poller } from "./poller";
import { StreamRecorder } from "./recorder";
import { becomesSealed, sealedThrough } from "./sealed";
import { buildStreamWorld, counted, type StreamWorld, type StreamWorldSize } from "./world";
import { Appender, SdkWriter } from "./writer";

export interface StreamRunOptions extends SystemOptions, Enough {
  seed: number;
  size: StreamWorldSize;
  /** Undefined: nothing goes wrong. */
  plan: Plan | undefined;
  /** How long everybody may take, once everything is healed, to read what there is to read; default two minutes. */
  comeBackMs?: number;
  /** How long the server is left alone before all is read a last time, so that what the table may delete is deleted; default 0. */
  sweepMs?: number;
  onprogress?: (figures: StreamFigures) => void;
}

type StreamRunResult = RunResult<StreamFigures & { sealed: number }, StreamCheckName, StreamHistory>;

const COME_BACK_MS = 120_000;
/** Beyond what the table keeps of what is sealed: see `expiresOn` of core/src/stream/dating.ts. */
const LAST_LEAP_MS = 40 * 24 * 3_600_000;
const SEALED_WITHIN_MS = 60_000;
const PAGE = 500;

/** Producers, pollers and groups work while things break; then everything is healed, read back, sealed, read back again, and judged. */
export async function runStreams(options: StreamRunOptions): Promise<StreamRunResult> {
  const { seed, size, plan, sweepMs = 0, onprogress } = options;
  const startedAt = performance.now();
  const system = await SystemUnderTest.start(options);
  try {
    const recorder = new StreamRecorder(`s${seed.toString(36)}`);
    const world = await buildStreamWorld(system.origin, recorder, size, `s${seed.toString(36)}`);
    const { lives, pollers } = populate(world, size, seed);
    const mischief = plan && new Mischief(system, plan, seededRandom(seed), () => recorder.history.sends.acknowledged);
    const talkedFrom = performance.now();
    const figures = () => streamFigures({ world, system, mischief, startedAt, talkedFrom });

    await liveThrough(options, lives, { mischief, history: recorder.history, onprogress: () => onprogress?.(figures()) });
    const { talkSeconds, messagesPerSecond } = figures();
    const sealed = (await sealedThrough(world, system)).reduce((sum, offset) => sum + offset, 0);
    const failures = [...(mischief?.shortfalls() ?? [])];
    if (plan?.leap && sealed === 0) failures.push("too few faults: nothing was sealed");

    failures.push(...(await gather(world, pollers, performance.now() + (options.comeBackMs ?? COME_BACK_MS))));
    await readAll(world, "healed");
    system.leap(LAST_LEAP_MS);
    await system.restart();
    if (!(await becomesSealed(world, system, SEALED_WITHIN_MS))) failures.push("not all was sealed");
    await sleep(sweepMs);
    await readAll(world, "restarted");
    const history = recorder.whole(system.leaps);
    const verdict = judgeBy(streamChecks, history);
    failures.push(...new Set(world.failures));
    return { seed, figures: { ...figures(), sealed, talkSeconds, messagesPerSecond }, verdict, failures, log: system.log.kinds, history };
  } finally {
    await system.stop();
  }
}

function populate(world: StreamWorld, size: StreamWorldSize, seed: number) {
  let drawn = seed * 1_000;
  const random = () => seededRandom(drawn++);
  const times = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));
  const pollers = world.topics.flatMap((topic) => times(size.pollers, (i) => new Poller(world, topic, `poller${i}`, random())));
  const lives = world.topics.flatMap((topic, t) => [
    ...times(size.producers, (i) => new SdkWriter(world, topic, `producer${t}.${i}`, random())),
    ...times(size.appenders, (i) => new Appender(world, topic, `appender${t}.${i}`, random())),
  ]);
  const members = world.groups.flatMap((group) => times(size.members, (i) => new Member(world, group, `m${group.number}-${i}`, random())));
  return { lives: [...lives, ...pollers, ...members], pollers };
}

/** Waits until every poller and every group has read all that there is. @returns who did not manage to. */
async function gather(world: StreamWorld, pollers: readonly Poller[], deadline: number): Promise<string[]> {
  const failures: string[] = [];
  const heads = new Map<string, number>();
  for (const topic of world.topics) heads.set(topic, (await persist(() => world.rest.getTopic({ topic }))).head);
  const concluded = pollers.map(async (poller) => {
    if (!(await poller.conclude(heads.get(poller.topic) ?? 0, deadline))) failures.push(`${poller.name} did not reach the end`);
  });
  const emptied = world.groups.map(async (group) => {
    let isOver = false;
    const life = new Member(world, group, `last${group.number}`, seededRandom(group.number), { isSteady: true }).live(() => isOver);
    while ((await committedOf(world, group)) <= (heads.get(group.topic) ?? 0) && performance.now() < deadline) await sleep(100);
    isOver = true;
    await life;
    if ((await committedOf(world, group)) <= (heads.get(group.topic) ?? 0)) failures.push(`${group.group} did not reach the end`);
  });
  await Promise.all([...concluded, ...emptied]);
  return failures;
}

async function committedOf(world: StreamWorld, { number, topic, group }: StreamWorld["groups"][number]): Promise<number> {
  const { recorder, rest } = world;
  return persist(async () => {
    const startAt = recorder.now();
    const { committed } = await counted(world, () => rest.getGroup({ topic, group }));
    recorder.streams.sightings.push({ group: number, startAt, endAt: recorder.now(), by: "a look at the group", committed });
    return committed;
  });
}

/** Every topic from its first message to its last, and what every group has committed. */
async function readAll(world: StreamWorld, when: FinalLog["when"]): Promise<void> {
  const { recorder, rest, topics, groups } = world;
  for (const topic of topics) {
    const entries = new Entries();
    for (let offset = 1; ;) {
      const asked = { topic, offset, limit: PAGE };
      const page = await persist(() => rest.consume(asked));
      for (const message of page.messages) entries.push(recorder.seeMessage(message));
      offset = page.next_offset;
      if (offset <= page.head) continue;
      recorder.history.finals.push({ log: recorder.logOf(topic), when, head: page.head, entries });
      break;
    }
  }
  for (const group of groups) await committedOf(world, group);
}
