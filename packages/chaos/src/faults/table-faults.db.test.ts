import { startStack, type Person, type Stack } from "@agora/local/testing/stack";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startAwsProxy, type AwsProxy } from "./aws-proxy";
import { canHappen } from "./fault";
import { Injector, type Aim } from "./testing/injector";
import { problemsOfOutcome } from "./invariants";
import { Lanes } from "./testing/lanes";
import type { Operation, World } from "./testing/operation";
import { operations } from "./testing/operations";
import { tablesAt, type Tables } from "./testing/table-row";

/** Slow ones first, so that they do not wait for a place at the end. */
const KINDS = ["hang_before", "hang_after", "throttle", "conflict", "server_error", "reset_before", "reset_after", "partial"] as const;
type Kind = (typeof KINDS)[number];

/** Runs at once: most of their time is the SDK waiting for an answer that does not come. */
const LANES = 30;
const HOSTS = 8;
const REPEATS = 5;

let stack: Stack;
let proxy: AwsProxy;
let tables: Tables;
let injector: Injector;
let lanes: Lanes<{ person: Person; host: Person }>;
const counts = new Map<Operation, Promise<number>>();
const results = new Map<string, Promise<string[]>>();
const nameOf = (kind: Kind, { name }: Operation) => `${name} × ${kind}`;

beforeAll(async () => {
  for (const level of ["warn", "error"] as const) vi.spyOn(console, level).mockReturnValue(); // a line for each fault
  const endpoint = process.env["AWS_ENDPOINT_URL_DYNAMODB"] ?? "";
  proxy = await startAwsProxy(endpoint);
  process.env["AWS_ENDPOINT_URL_DYNAMODB"] = proxy.url;
  tables = tablesAt(endpoint);
  stack = await startStack();
  injector = new Injector(proxy);
  const people = await Promise.all(Array.from({ length: LANES + HOSTS }, () => stack.register()));
  lanes = new Lanes(people.slice(HOSTS).map((person, i) => ({ person, host: people[i % HOSTS] ?? person })));
  for (const operation of operations)
    counts.set(
      operation,
      run(operation, () => undefined, true).then(({ count }) => count),
    );
  for (const kind of KINDS) for (const operation of operations) results.set(nameOf(kind, operation), tryAll(kind, operation));
});
afterAll(async () => {
  await Promise.allSettled(results.values());
  await stack.close();
  tables.close();
  await proxy.close();
}, 180_000);

/** Does it while something is broken, then again while nothing is. */
function run(operation: Operation, decide: Aim["decide"], onlyOnce = false): Promise<{ count: number; problems: string[] }> {
  return lanes.use(async ({ person, host }) => {
    const world: World = { client: stack, row: tables.row };
    const prepared = await operation.prepare(world, person, host);
    const problems: string[] = [];
    const marks = [...prepared.marks, person.user.id];
    const count = await injector.during({ marks, decide }, async () => {
      problems.push(...problemsOfOutcome(await prepared.attempt()));
    });
    if (!onlyOnce) {
      let repeat = await prepared.attempt();
      // On a machine that has too much to do a call can time out by itself.
      for (let tries = 1; repeat.code === "unavailable" && tries < REPEATS; tries++) repeat = await prepared.attempt();
      if (repeat.kind !== "done") problems.push(`the repeat is ${repeat.kind} ${repeat.code ?? ""}`);
    }
    problems.push(...(await prepared.problems()));
    await prepared.end();
    return { count, problems };
  });
}

/** The fault on each single call, and on all of them. */
async function tryAll(kind: Kind, operation: Operation): Promise<string[]> {
  const count = (await counts.get(operation)) ?? 0;
  let injected = 0;
  const strike = (only?: number) =>
    run(operation, (call, number) => {
      if ((only !== undefined && number !== only) || !canHappen(kind, call.operation)) return undefined;
      injected++;
      return { kind };
    }).then(({ problems }) => problems.map((problem) => `${only === undefined ? "every call" : `call ${only}`}: ${problem}`));
  const found = await Promise.all([strike(), ...Array.from({ length: count }, (_, i) => strike(i + 1))]);
  if (injected === 0 && kind !== "conflict" && kind !== "partial") found.push(["nothing was injected"]);
  return found.flat();
}

describe("what a person sees is success or a refusal with a code; the repeat succeeds, and nothing is lost, doubled or half done", () => {
  for (const name of KINDS.flatMap((kind) => operations.map((operation) => nameOf(kind, operation)))) {
    test(name, { timeout: 900_000 }, async () => {
      expect(await results.get(name)).toEqual([]);
    });
  }

  test("each operation makes calls, and each kind was injected", { timeout: 900_000 }, async () => {
    await Promise.all(results.values());
    for (const operation of operations) expect(await counts.get(operation), operation.name).toBeGreaterThan(0);
    for (const kind of KINDS) expect(proxy.injected[kind], kind).toBeGreaterThan(0);
  });
});
