import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Engine } from "../dynamodb/engine";
import type { InvocationReport, Observe } from "../gateway/observe";
import { requestUnits, type DynamoDbReport } from "./dynamodb-units";
import { costOf, units, type Unit, type Units } from "./prices";

/** What `@agora/core` publishes on `agora:push`: how many connections got a frame, and of how many bytes. */
interface PushReport {
  connections: number;
  bytes: number;
}

/** What `@agora/core` publishes on `agora:s3` for each of its requests to the object store. */
interface S3Report {
  kind: "put" | "get";
}

interface RequestCost {
  label: string;
  count: number;
  units: Units;
  dollars: number;
  /** Of one such request, on average. */
  dollarsEach: number;
}

export interface MeterSnapshot {
  since: string;
  units: Units;
  dollars: number;
  /** The dearest first. Connection minutes belong to no request, so the total is more than the sum. */
  requests: RequestCost[];
}

interface Account {
  count: number;
  units: Units;
}

const HTTP_STEP = 512 * 1024;
const MESSAGE_STEP = 32 * 1024;
const S3_UNITS = { put: "s3Puts", get: "s3Gets" } as const;

const noUnits = (): Units => Object.fromEntries(units.map((unit) => [unit, 0])) as Units;
/** Nothing is billed as one step too. */
const steps = (bytes: number, step: number) => Math.max(1, Math.ceil(bytes / step));

/**
 * Counts every unit that AWS would bill, in total and for each kind of request. What happens inside an invocation is put down to it through
 * the asynchronous context, however many run at the same time.
 */
export class Meter {
  readonly #current = new AsyncLocalStorage<Account>();
  #since = new Date();
  #total = noUnits();
  #accounts = new Map<string, Account>();
  #stopListening = () => {};

  /** To be given to the gateway. */
  readonly observe: Required<Observe> = {
    aroundInvocation: (label, run) => {
      const account = this.#account(label);
      account.count++;
      return this.#current.run(account, run);
    },
    onInvocation: (report) => this.#countInvocation(report),
    onHttpRequest: (bytesIn, bytesOut, handler) => this.#addTo(handler, "httpRequests", steps(Math.max(bytesIn, bytesOut), HTTP_STEP)),
    onSocketMessage: (bytes, handler) => this.#addTo(handler, "socketMessages", steps(bytes, MESSAGE_STEP)),
    onS3Request: (kind, label) => {
      this.#addTo(label, S3_UNITS[kind], 1);
      if (label !== undefined) this.#account(label).count++;
    },
    onPush: (_, bytes) => this.#addTotal("socketMessages", steps(bytes, MESSAGE_STEP)),
    onConnectionMinutes: (minutes) => this.#addTotal("connectionMinutes", minutes),
  };

  /**
   * Begins to listen to what `@agora/core` publishes. Core asks DynamoDB for consumed capacity only while somebody does.
   * @param engine the one that reports it: each has its own way of being wrong
   */
  start({ engine }: { engine: Engine["name"] }): void {
    const onDynamoDb = (message: unknown) => this.#countCall(message as DynamoDbReport, engine);
    this.stop();
    subscribe("agora:dynamodb", onDynamoDb);
    subscribe("agora:push", this.#onPush);
    subscribe("agora:s3", this.#onS3);
    this.#stopListening = () => {
      unsubscribe("agora:dynamodb", onDynamoDb);
      unsubscribe("agora:push", this.#onPush);
      unsubscribe("agora:s3", this.#onS3);
    };
  }

  /** Safe to call twice, and before the start. */
  stop(): void {
    this.#stopListening();
  }

  /** Dollars since the start or the last reset, at list prices. */
  cost(): number {
    return costOf(this.#total);
  }

  snapshot(): MeterSnapshot {
    const requests = [...this.#accounts].map(([label, account]) => {
      const dollars = costOf(account.units);
      return { label, count: account.count, units: { ...account.units }, dollars, dollarsEach: dollars / Math.max(1, account.count) };
    });
    requests.sort((a, b) => b.dollars - a.dollars);
    return { since: this.#since.toISOString(), units: { ...this.#total }, dollars: this.cost(), requests };
  }

  /** Starts again at nothing. Reset between requests: of one that runs meanwhile only the rest is counted. */
  reset(): void {
    this.#since = new Date();
    this.#total = noUnits();
    this.#accounts = new Map();
  }

  /** The gateway counts every push into the total; this says only whose it was. */
  readonly #onPush = (message: unknown): void => {
    const { connections, bytes } = message as PushReport;
    const account = this.#current.getStore();
    if (account) account.units.socketMessages += connections * steps(bytes, MESSAGE_STEP);
  };

  /** As for pushes: the store counts every request into the total. */
  readonly #onS3 = (message: unknown): void => {
    const account = this.#current.getStore();
    if (account) account.units[S3_UNITS[(message as S3Report).kind]] += 1;
  };

  #countCall(report: DynamoDbReport, engine: Engine["name"]): void {
    const { readUnits, writeUnits } = requestUnits(report, engine);
    this.#add("readUnits", readUnits);
    this.#add("writeUnits", writeUnits);
  }

  /** Lambda bills whole milliseconds. */
  #countInvocation({ handler, ms, memoryMb }: InvocationReport): void {
    this.#addTo(handler, "lambdaRequests", 1);
    this.#addTo(handler, "lambdaGbSeconds", (Math.ceil(ms) / 1000) * (memoryMb / 1024));
  }

  #addTo(label: string | undefined, unit: Unit, amount: number): void {
    this.#addTotal(unit, amount);
    if (label !== undefined) this.#account(label).units[unit] += amount;
  }

  /** For whoever runs right now. */
  #add(unit: Unit, amount: number): void {
    this.#addTotal(unit, amount);
    const account = this.#current.getStore();
    if (account) account.units[unit] += amount;
  }

  #addTotal(unit: Unit, amount: number): void {
    this.#total[unit] += amount;
  }

  #account(label: string): Account {
    const account = this.#accounts.get(label) ?? { count: 0, units: noUnits() };
    this.#accounts.set(label, account);
    return account;
  }
}
