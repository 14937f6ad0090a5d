import { expect, test } from "vitest";
import { seededFaults, seededRandom } from "./seeded-faults";

const call = (operation: string) => ({ operation, connection: undefined, table: "Messages", body: {} });
const draw = (seed: number, operation: string, count: number) => {
  const plan = seededFaults(seededRandom(seed), { throttle: 0.1, conflict: 0.1, partial: 0.1, gone: 0.1, delay: 0.1 });
  return Array.from({ length: count }, () => plan(call(operation)));
};

test("the same seed gives the same faults, another seed others", () => {
  expect(draw(7, "PutItem", 500)).toEqual(draw(7, "PutItem", 500));
  expect(draw(7, "PutItem", 500)).not.toEqual(draw(8, "PutItem", 500));
});

test("numbers are spread evenly over [0, 1)", () => {
  const random = seededRandom(1);
  const buckets = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 100_000; i++) buckets[Math.floor(random() * 10)]!++; // a number below ten
  for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(400);
});

test.each([
  ["PutItem", ["conflict", "delay", "throttle"]],
  ["BatchGetItem", ["delay", "partial", "throttle"]],
  ["PostToConnection", ["delay", "gone", "throttle"]],
])("%s meets what AWS can answer to it, each at its rate", (operation, kinds) => {
  const drawn = draw(3, operation, 10_000).flatMap((fault) => (fault ? [fault.kind] : []));
  expect([...new Set(drawn)].sort()).toEqual(kinds);
  for (const kind of kinds) expect(Math.abs(drawn.filter((one) => one === kind).length - 1_000)).toBeLessThan(120);
});
