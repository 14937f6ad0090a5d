import { setTimeout as sleep } from "node:timers/promises";
import { AgoraError } from "@agora/sdk";
import { createConsumer, type ConsumerClient } from "@agora/sdk/streams";
import type { Observer } from "../../history/history";
import { between, weighted, type Random } from "../choice";
import type { Life } from "../live-through";
import { Mortal } from "./mortal";
import { counted, type StreamWorld } from "./world";

type Fate = "works" | "crashes" | "leaves" | "fails" | "stalls" | "takes_long";

/** Of each message, what becomes of the member while it works on it. */
const FATES: Record<Fate, number> = { works: 1_000, crashes: 4, leaves: 2, fails: 1, stalls: 1, takes_long: 1 };
/** Beyond the end of the lease. */
const STALL_MS = { min: 1_000, max: 5_000 };
const WORK_MAX_MS = 4;
const COMES_BACK_MAX_MS = 1_000;

/** A member of a consumer group by the SDK, under a new name after each end: it crashes without a word, leaves, fails, stalls, and is slow. */
export class Member implements Life {
  readonly #world: StreamWorld;
  readonly #group: StreamWorld["groups"][number];
  readonly #name: string;
  readonly #random: Random;
  readonly #fates: Record<Fate, number>;
  #lives = 0;

  /** @param isSteady it only works. */
  constructor(world: StreamWorld, group: StreamWorld["groups"][number], name: string, random: Random, { isSteady = false } = {}) {
    this.#world = world;
    this.#group = group;
    this.#name = name;
    this.#random = random;
    this.#fates = isSteady ? { ...FATES, crashes: 0, leaves: 0, fails: 0, stalls: 0, takes_long: 0 } : FATES;
  }

  async live(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      try {
        await this.#once(isOver);
      } catch (thrown) {
        const { code, message } = AgoraError.from(thrown);
        this.#world.failures.push(`${this.#name} was told ${code}: ${message}`);
      }
      if (!isOver()) await sleep(this.#random() * COMES_BACK_MAX_MS);
    }
  }

  async #once(isOver: () => boolean): Promise<void> {
    const { recorder } = this.#world;
    const mortal = new Mortal();
    const member = `${this.#name}.${++this.#lives}`;
    const tap = new Tap(this.#world, this.#group.number, member, mortal);
    const ending = new AbortController();
    const { topic, group } = this.#group;
    const consumer = createConsumer({
      client: tap,
      topic,
      group,
      consumer: member,
      limit: between(this.#random, 1, 200),
      wait: between(this.#random, 0, 3),
      signal: ending.signal,
      clock: mortal.clock,
      random: this.#random,
    });
    const messages = consumer[Symbol.asyncIterator]();
    const watch = setInterval(() => isOver() && ending.abort(), 50);
    const processed = recorder.streams.groups[this.#group.number]?.processed;
    try {
      for (let next = await messages.next(); !next.done; next = await messages.next()) {
        const message = next.value;
        recorder.deliver(tap.session(topic, message.offset), message);
        const fate = isOver() ? "works" : weighted(this.#random, this.#fates);
        if (fate === "crashes") {
          this.#world.memberCrashes++;
          mortal.die();
          return; // nobody asks for the next one, and nobody tells the generator that it is over
        }
        if (fate === "fails") {
          await messages.return?.(undefined); // as the loop does when its body throws
          return;
        }
        if (fate === "stalls") mortal.stall(between(this.#random, STALL_MS.min, STALL_MS.max));
        if (fate === "takes_long") await sleep(between(this.#random, STALL_MS.min, STALL_MS.max));
        if (this.#random() < 0.1) await sleep(this.#random() * WORK_MAX_MS);
        processed?.add(message.offset);
        if (fate === "leaves") {
          consumer.done(message);
          await messages.return?.(undefined);
          return;
        }
      }
    } finally {
      clearInterval(watch);
    }
  }
}

/** What a member calls, with what it is answered written down. */
class Tap implements ConsumerClient {
  readonly #world: StreamWorld;
  readonly #group: number;
  readonly #member: string;
  readonly #mortal: Mortal;
  #generation = 0;
  #session: { generation: number; observer: Observer } | undefined;

  constructor(world: StreamWorld, group: number, member: string, mortal: Mortal) {
    this.#world = world;
    this.#group = group;
    this.#member = member;
    this.#mortal = mortal;
  }

  /** What is handed over under one generation is one session, which may begin anywhere. */
  session(topic: string, offset: number): Observer {
    if (this.#session?.generation !== this.#generation) {
      const observer = this.#world.recorder.observe(`${this.#member}@${this.#generation}`, topic, offset - 1);
      this.#session = { generation: this.#generation, observer };
    }
    return this.#session.observer;
  }

  readonly getGroup: ConsumerClient["getGroup"] = (...call) => this.#call(() => this.#world.rest.getGroup(...call));

  readonly putGroup: ConsumerClient["putGroup"] = (...call) => this.#call(() => this.#world.rest.putGroup(...call));

  readonly poll: ConsumerClient["poll"] = (...call) =>
    this.#call(async () => {
      const { recorder, rest } = this.#world;
      const startAt = recorder.now();
      const polled = await rest.poll(...call);
      const seen = { group: this.#group, startAt, endAt: recorder.now() };
      recorder.streams.polls.push({ ...seen, member: this.#member, generation: polled.generation });
      const committed = polled.messages[0]?.offset ?? polled.next_offset;
      recorder.streams.sightings.push({ ...seen, by: `a poll of ${this.#member}`, committed });
      this.#generation = polled.generation;
      return polled;
    });

  readonly commit: ConsumerClient["commit"] = (...call) =>
    this.#call(async () => {
      const { recorder, rest } = this.#world;
      const [{ generation, offset, release = false }] = call;
      const commit = { group: this.#group, member: this.#member, generation, offset, release, startAt: recorder.now() };
      const index = recorder.streams.commits.push({ ...commit, answer: undefined }) - 1;
      const group = await rest.commit(...call);
      const { committed } = group;
      const endAt = recorder.now();
      recorder.streams.commits[index] = { ...commit, answer: { endAt, committed } };
      recorder.streams.sightings.push({ group: this.#group, startAt: commit.startAt, endAt, by: `a commit of ${this.#member}`, committed });
      return group;
    });

  #call<T>(call: () => Promise<T>): Promise<T> {
    return this.#mortal.through(() => counted(this.#world, call));
  }
}
