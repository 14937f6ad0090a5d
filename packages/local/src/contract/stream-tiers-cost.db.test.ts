import { afterAll, beforeAll, expect, test } from "vitest";
import { Meter } from "../meter/meter";
import { prices, storagePrices, type Unit } from "../meter/prices";
import { HOUR_MS, startTiersWorld, type TiersWorld } from "../testing/tiers-world";

/* What old messages cost, in the units that AWS bills. A change that makes it dearer fails here, and has to be meant. */

const meter = new Meter();
let world: TiersWorld;
let me: Awaited<ReturnType<TiersWorld["somebody"]>>;

beforeAll(async () => {
  world = await startTiersWorld({ observe: meter.observe });
  meter.start({ engine: "dynoxide" });
  await world.stack.jobs();
  world.pass(2 * HOUR_MS);
  me = await world.somebody();
});
afterAll(async () => {
  meter.stop();
  await world.stop();
});

const COUNTED = ["readUnits", "writeUnits", "s3Puts", "s3Gets"] as const satisfies Unit[];

async function unitsOf(run: () => Promise<unknown>) {
  meter.reset();
  await run();
  const { units } = meter.snapshot();
  return Object.fromEntries(COUNTED.map((unit) => [unit, units[unit]])) as Record<(typeof COUNTED)[number], number>;
}

const dollars = (units: Partial<Record<(typeof COUNTED)[number], number>>) =>
  COUNTED.reduce((sum, unit) => sum + (units[unit] ?? 0) * prices[unit].dollars, 0);

/** An order, about 300 bytes as JSON: what is much alike, as messages of one topic are. */
const order = (i: number) => ({
  order_id: `ord_${((i * 2654435761) >>> 0).toString(36)}`,
  customer: `usr_${((i * 40503) % 99991).toString(36)}`,
  status: ["placed", "paid", "shipped"][i % 3],
  total_cents: (i * 7919) % 100_000,
  currency: "EUR",
  items: [0, 1].map((j) => ({ sku: `SKU-${(i * 31 + j * 17) % 5_000}`, quantity: 1 + (i % 3), price_cents: ((i + j) * 677) % 5_000 })),
  placed_at: 1_800_000_000_000 + i * 977,
});

test("a pass with nothing to do: 2 read units a topic, and next to nothing beside it", async () => {
  const topics = Array.from({ length: 20 }, () => me.newName());
  for (const topic of topics) await me.produce(topic, { payload: order(1) });
  expect(await unitsOf(() => world.stack.jobs())).toEqual({ readUnits: 20 * 2 + 1.5, writeUnits: 1, s3Puts: 0, s3Gets: 0 });
  world.pass(3 * 24 * HOUR_MS);
  await world.stack.jobs();
  expect(await unitsOf(() => world.stack.jobs())).toEqual({ readUnits: 20 * 2 + 1.5, writeUnits: 1, s3Puts: 0, s3Gets: 0 });
});

test.each([1, 100])("a million messages, %i at a time: stored, sealed, and kept hot and cold", async (batch) => {
  const count = batch === 1 ? 1_500 : 20_000;
  const topic = me.newName();
  const idle = await unitsOf(() => world.stack.jobs());
  const produced = await unitsOf(async () => {
    for (let i = 0; i < count; i += batch) {
      const messages = Array.from({ length: batch }, (_, j) => ({ payload: order(i + j) }));
      await me.produce(topic, batch === 1 ? { ...messages[0] } : { messages });
    }
  });
  const json = Array.from({ length: count }, (_, i) => JSON.stringify(order(i)).length).reduce((sum, bytes) => sum + bytes, 0);
  const id = String((await world.topicsTable()).find(({ name }) => name === topic)?.["id"]);
  const entries = (await world.entries()).filter(({ log_id }) => log_id === `topic:${id}`);
  const hot = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  world.pass(3 * 24 * HOUR_MS);
  const sealing = await unitsOf(() => world.stack.jobs());
  for (const unit of COUNTED) sealing[unit] -= idle[unit];
  const segments = (await world.topicsTable()).filter(({ topic: owner }) => owner === id) as { bytes: number; blocks: unknown[] }[];
  const cold = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  const reading = await unitsOf(() => me.readAll(topic));
  const perMillion = 1e6 / count;
  const million = (units: Record<string, number>) =>
    Object.fromEntries(Object.entries(units).map(([unit, value]) => [unit, Math.round(value * perMillion)]));
  console.log(
    JSON.stringify({
      batch,
      jsonPerMessage: json / count,
      produced: [million(produced), dollars(produced) * perMillion],
      sealing: [million(sealing), dollars(sealing) * perMillion],
      reading: [million(reading), dollars(reading) * perMillion],
      segments: segments.map(({ blocks }) => blocks.length),
      bytesPerMessage: { hot: hot / count, cold: cold / count },
      gbMonthOfJson: {
        hot: (storagePrices.dynamodbGbMonths.dollars * hot) / json,
        cold: (storagePrices.s3GbMonths.dollars * cold) / json,
      },
    }),
  );
  expect(cold / json).toBeLessThan(0.25);
  expect(dollars(sealing) * perMillion).toBeLessThan(batch === 1 ? 0.06 : 0.01);
  expect(sealing.s3Puts).toBeLessThanOrEqual(Math.ceil(json / (16 * 1024 * 1024)));
  expect(sealing.writeUnits).toBeLessThanOrEqual(12 * segments.length);
  expect(reading.s3Gets).toBeLessThanOrEqual(count / 500 + segments.length);
});

/** About what DynamoDB bills an item as: names and values, and 100 bytes for its index. */
function sizeOf(entry: Record<string, unknown>): number {
  const valueSize = (value: unknown): number => {
    if (value instanceof Uint8Array) return value.byteLength;
    if (typeof value === "number") return 8;
    if (value !== null && typeof value === "object") return 3 + sizeOfFields(value);
    return Buffer.byteLength(String(value));
  };
  const sizeOfFields = (fields: object) => Object.entries(fields).reduce((sum, [name, value]) => sum + name.length + valueSize(value), 0);
  return 100 + sizeOfFields(entry);
}
