import fc from "fast-check";
import { expect, test } from "vitest";
import { AgoraError } from "../errors";
import { FakeClock } from "../testing/fake-clock";
import { FakeTopic } from "./testing/fake-topic";
import { createProducer } from "./producer";

const MINUTE = 60_000;

const fate = fc.record({
  /** `lost`: never arrives. `unanswered`: is stored and nobody learns it. `twice`: a copy arrives later. `refused`, `throttled`: nothing is stored. */
  kind: fc.constantFrom("well" as const, "well" as const, "lost" as const, "unanswered" as const, "twice" as const, "refused" as const),
  delayMs: fc.nat(300),
  copyDelayMs: fc.nat(3_000),
});
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("send" as const), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(2_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("others" as const), count: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("flush" as const) }) },
);

test("whatever is lost, doubled or late: each message is stored once, in the order in which it was sent, and hears its own offset", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 3, maxLength: 40 }),
      fc.array(fate, { minLength: 1, maxLength: 30 }),
      fc.record({ lingerMs: fc.nat(50), maxBatch: fc.integer({ min: 1, max: 7 }) }),
      async (actions, fates, options) => {
        const clock = new FakeClock();
        const topic = new FakeTopic();
        let calls = 0;
        let isHealed = false;
        topic.around = async (produce) => {
          const { kind, delayMs, copyDelayMs } = fates[calls++ % fates.length] ?? { kind: "well", delayMs: 0, copyDelayMs: 0 };
          await new Promise<void>((resolve) => clock.setTimeout(resolve, delayMs));
          if (isHealed) return produce();
          if (kind === "lost") throw new AgoraError("network", "No answer.");
          if (kind === "refused") throw new AgoraError("unavailable", "Busy.");
          if (kind === "twice") clock.setTimeout(produce, copyDelayMs);
          const produced = produce();
          if (kind === "unanswered") throw new AgoraError("network", "No answer.");
          return produced;
        };
        const producer = createProducer({ client: topic, topic: "t", clock, random: () => 0.5, ...options });
        const heard: [number, number][] = [];
        let sent = 0;
        for (const step of actions) {
          if (step.kind === "send")
            for (let i = 0; i < step.count; i++) {
              const number = ++sent;
              void producer.send(number).then((offset) => heard.push([number, offset]));
            }
          if (step.kind === "pass") await clock.pass(step.ms);
          if (step.kind === "others") for (let i = 0; i < step.count; i++) topic.other();
          if (step.kind === "flush") void producer.flush();
        }
        isHealed = true;
        let isClosed = false;
        void producer.close().then(() => (isClosed = true));
        await clock.pass(5 * MINUTE);
        const own = topic.log.flatMap(({ payload, offset }) =>
          typeof payload === "number" ? [[payload, offset] as [number, number]] : [],
        );
        expect(own.map(([number]) => number)).toEqual(Array.from({ length: sent }, (_, i) => i + 1));
        expect(heard).toEqual(own);
        expect([isClosed, producer.pending]).toEqual([true, 0]);
      },
    ),
    { numRuns: Number(process.env["FC_RUNS"] ?? 300) },
  );
}, 60_000);
