import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { until } from "../testing/serve";
import { HOUR_MS, startTiersWorld, type TiersWorld } from "../testing/tiers-world";
import { Meter } from "../meter/meter";
import { startTiering, type TieringJob } from "./tiering";
import { startTtlSweeper } from "./ttl-sweeper";

describe("the job on one machine", () => {
  let world: TiersWorld;
  let me: Awaited<ReturnType<TiersWorld["somebody"]>>;
  beforeAll(async () => {
    world = await startTiersWorld();
  });
  afterAll(() => world.stop());
  beforeEach(async () => {
    await world.stack.jobs();
    world.pass(2 * HOUR_MS);
    me = await world.somebody();
  });

  /** As the server starts them. */
  function start(run: TieringJob) {
    const tiering = startTiering({ run, retryMs: 5 });
    const sweeper = startTtlSweeper({ client: world.client, intervalMs: 5, after: tiering.caughtUp });
    return {
      caughtUp: tiering.caughtUp,
      async stop() {
        await tiering.stop();
        await sweeper.stop();
      },
    };
  }
  const later = () => new Promise((resolve) => setTimeout(resolve, 60));

  it("seals what was produced before the machine was off for two months, before any of it is swept", async () => {
    const topic = me.newName();
    for (const payload of [1, 2, 3]) await me.produce(topic, { payload });
    world.pass(60 * 24 * HOUR_MS);
    let fails = 3;
    const started = start(() => (fails-- > 0 ? Promise.reject(new Error("the bucket is away")) : later().then(world.stack.jobs)));
    await later();
    expect((await world.entries()).length).toBeGreaterThanOrEqual(3);
    await started.caughtUp;
    await until(async () => (await world.entries()).length === 0, "the sweep");
    await started.stop();
    expect((await me.readAll(topic)).map(({ payload }) => payload)).toEqual([1, 2, 3]);
    expect(await me.produce(topic, { payload: 4 })).toBe(4);
  });

  it("is counted as the invocation that it is on AWS, with all that it does, also when it fails", async () => {
    const meter = new Meter();
    meter.start({ engine: "dynoxide" });
    let fails = 1;
    const run = () => (fails-- > 0 ? Promise.reject(new Error("the bucket is away")) : world.stack.jobs());
    const tiering = startTiering({ run, retryMs: 1, observe: meter.observe });
    await tiering.caughtUp;
    await tiering.stop();
    meter.stop();
    const { requests } = meter.snapshot();
    expect(requests).toMatchObject([{ label: "tiering", count: 2, units: { lambdaRequests: 2 } }]);
    expect(requests[0]?.units.lambdaGbSeconds).toBeGreaterThanOrEqual(0.001);
    expect(requests[0]?.units.readUnits).toBeGreaterThan(0);
  });

  it("does not take the end of a round that began before the start for one", async () => {
    const passes = [Date.now() - 1, undefined, Date.now() + 1];
    let ran = 0;
    const tiering = startTiering({ run: () => Promise.resolve({ topics: 0, failed: 0, keptUpAt: passes[ran++] }), retryMs: 1 });
    await tiering.caughtUp;
    expect(ran).toBe(3);
    await tiering.stop();
  });

  it("is not waited for when the machine is switched off, and nothing is swept after that", async () => {
    let end: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (end = resolve));
    const topic = me.newName();
    await me.produce(topic, { payload: 1 });
    world.pass(60 * 24 * HOUR_MS);
    const started = start(() => held.then(world.stack.jobs));
    await started.stop();
    end();
    await later();
    await later();
    expect((await world.entries()).map(({ seq }) => seq)).toContain(1);
  });
});
