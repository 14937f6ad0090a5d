import { setTimeout as sleep } from "node:timers/promises";
import type { AwsProxy } from "../faults/aws-proxy";
import { canHappen, type Fault } from "../faults/fault";
import { seededFaults, type SeededKind } from "../faults/seeded-faults";
import { between, weighted, type Random } from "./choice";
import type { SystemUnderTest } from "./system";

/** How much time passes between two faults. */
export interface Pace {
  minMs: number;
  maxMs: number;
  /** And not before so many messages have been acknowledged meanwhile, unless that takes `PATIENCE` times as long: a slow machine breaks less often. */
  messages: number;
}

/** What goes wrong, and how often. */
export interface Plan {
  /** For each kind the fraction of the table calls to which it happens. */
  tables: Partial<Record<SeededKind, number>>;
  /** What would cost too much at a rate, by turns: once in so long. */
  rare: readonly SeededKind[];
  rareEvery: Pace;
  /** How often in comparison something happens to the network, and how long nothing does in between. */
  network: Record<NetworkFault, number>;
  networkEvery: Pace;
  /** How long the server lives between two `kill -9`, and every how many of them take the engine along. */
  killEvery: Pace;
  killAllEvery: number;
  /** Every how many starts after a kill the server's clock is ahead by so much more, by turns. */
  leap?: { every: number; ms: readonly number[] };
}

type NetworkFault = "cut" | "stall" | "storm";
export type Happened = Record<NetworkFault | "connections_cut" | "kill_server" | "kill_at_write" | "kill_all", number>;

/** Longer than a client waits for an answer would only test the clock. */
const STALL_MS = { min: 100, max: 2_000 };
const DOWN_MS = { min: 0, max: 500 };
const REFUSING_MS = { min: 100, max: 600 };
const PATIENCE = 4;
const KILL_WITHIN_MS = 5_000;
/** Fewer faults of a kind than this part of what its rate promises, and the run has not tested it. */
const ENOUGH = 1 / 3;
/** Below this expectation there may well be none, by chance. */
const EXPECTED_MIN = 6;
const DATA_OPERATIONS = /^(Put|Get|Update|Delete|Transact|Batch|Query)/;

/**
 * Breaks the system on both sides as a seed decides: table calls by rates; connections; the server, in the middle of anything or right after a
 * message was stored; server and engine together.
 */
export class Mischief {
  readonly happened: Happened = { cut: 0, stall: 0, storm: 0, connections_cut: 0, kill_server: 0, kill_at_write: 0, kill_all: 0 };
  readonly #system: SystemUnderTest;
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #acknowledged: () => number;
  readonly #eligible: Partial<Record<SeededKind, number>> = {};
  #revivals = 0;
  #isOver = false;
  #running: Promise<unknown> | undefined;
  /** What happens to the next call that it can happen to. */
  #next: Fault | undefined;
  /** Kills at the next write of a message, if it is set. */
  #trap: (() => Promise<void>) | undefined;

  /** @param acknowledged how many messages have been, by now. */
  constructor(system: SystemUnderTest, plan: Plan, random: Random, acknowledged: () => number) {
    this.#acknowledged = acknowledged;
    this.#system = system;
    this.#plan = plan;
    this.#random = random;
  }

  begin(): void {
    this.#system.tables.plan = this.#tablePlan();
    this.#running = Promise.all([this.#breakNetwork(), this.#killAgainAndAgain(), this.#doRareThings()]);
  }

  /** Heals everything, and waits until the system runs. @throws what made the chaos itself fail. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#running;
    this.#system.tables.plan = () => undefined;
    this.#system.network.refusing = false;
  }

  /** What was to happen and did not, or not often enough: a chaos that injects nothing is a test that cannot fail. */
  shortfalls(): string[] {
    const short: string[] = [];
    for (const [kind, rate] of Object.entries(this.#plan.tables) as [SeededKind, number][]) {
      const expected = rate * (this.#eligible[kind] ?? 0);
      const injected = this.#system.tables.injected[kind] ?? 0;
      if (expected >= EXPECTED_MIN && injected < expected * ENOUGH) short.push(`${kind}: ${injected} of about ${Math.round(expected)}`);
    }
    for (const kind of [...Object.keys(this.#plan.tables), ...this.#plan.rare]) {
      if ((this.#system.tables.injected[kind] ?? 0) === 0) short.push(`${kind}: none`);
    }
    for (const [what, times] of Object.entries(this.happened)) if (times === 0) short.push(`${what}: none`);
    return short.map((what) => `too few faults: ${what}`);
  }

  #tablePlan(): AwsProxy["plan"] {
    const faults = seededFaults(this.#random, this.#plan.tables);
    const kinds = Object.keys(this.#plan.tables) as SeededKind[];
    return (call) => {
      if (!DATA_OPERATIONS.test(call.operation)) return undefined; // a start that fails is started again: that is not what is looked at
      for (const kind of kinds) if (canHappen(kind, call.operation)) this.#eligible[kind] = (this.#eligible[kind] ?? 0) + 1;
      const kill = this.#trap;
      const next = this.#next;
      if (next && canHappen(next.kind, call.operation)) {
        this.#next = undefined;
        return next;
      }
      if (!kill || call.operation !== "PutItem" || call.table !== "Messages") return faults(call);
      this.#trap = undefined;
      return { kind: this.#random() < 0.7 ? "kill_after" : "kill_before", kill };
    };
  }

  async #doRareThings(): Promise<void> {
    for (let turn = 0; await this.#waits(this.#plan.rareEvery); turn++) {
      const kind = this.#plan.rare[turn % this.#plan.rare.length];
      if (kind) this.#next = kind === "delay" ? { kind, ms: STALL_MS.max } : { kind };
    }
  }

  async #breakNetwork(): Promise<void> {
    const { network } = this.#system;
    const fraction = () => 0.05 + this.#random() * 0.35;
    while (await this.#waits(this.#plan.networkEvery)) {
      const fault = weighted(this.#random, this.#plan.network);
      this.happened[fault]++;
      if (fault === "cut") this.happened.connections_cut += network.cut(fraction(), this.#random);
      if (fault === "stall") network.stall(fraction(), between(this.#random, STALL_MS.min, STALL_MS.max), this.#random);
      if (fault === "storm") {
        network.refusing = true;
        this.happened.connections_cut += network.cut(1);
        await sleep(between(this.#random, REFUSING_MS.min, REFUSING_MS.max));
        network.refusing = false;
      }
    }
  }

  async #killAgainAndAgain(): Promise<void> {
    for (let kills = 1; await this.#waits(this.#plan.killEvery); kills++) {
      if (kills % this.#plan.killAllEvery === 0) {
        this.happened.kill_all++;
        await this.#system.killAll();
        await this.#revive({ withEngine: true });
      } else if (kills % 2 === 0) {
        this.happened.kill_at_write += (await this.#killAtWrite()) ? 1 : 0;
      } else {
        this.happened.kill_server++;
        await this.#system.killServer();
        await this.#revive();
      }
    }
  }

  async #killAtWrite(): Promise<boolean> {
    const killed = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), KILL_WITHIN_MS);
      this.#trap = async () => {
        clearTimeout(timer);
        await this.#system.killServer();
        resolve(true);
      };
    });
    const isKilled = await killed;
    this.#trap = undefined;
    if (isKilled) await this.#revive();
    return isKilled;
  }

  async #revive(options = {}): Promise<void> {
    const { leap } = this.#plan;
    if (leap && ++this.#revivals % leap.every === 0) this.#system.leap(leap.ms[(this.#revivals / leap.every) % leap.ms.length] ?? 0);
    await sleep(between(this.#random, DOWN_MS.min, DOWN_MS.max));
    await this.#system.revive(options);
  }

  /** Lets time pass. @returns false when all is to end. */
  async #waits({ minMs, maxMs, messages }: Pace): Promise<boolean> {
    const [waitMs, from, enough] = [between(this.#random, minMs, maxMs), Date.now(), this.#acknowledged() + messages];
    const isDue = () => Date.now() - from >= waitMs * (this.#acknowledged() >= enough ? 1 : PATIENCE);
    while (!this.#isOver && !isDue()) await sleep(50);
    return !this.#isOver;
  }
}
