import fc from "fast-check";
import { expect, test } from "vitest";
import type { Message } from "@agora/core/protocol/message";
import { AgoraError } from "./errors";
import { createOutbox } from "./outbox";
import type { OutboxOptions, SendRequest } from "./outbox";
import { FakeClock } from "./testing/fake-clock";
import { message } from "./testing/message";

const TOPIC = "channel:chn_1";
const MINUTE = 60_000;
const network = new AgoraError("network", "No answer.");
const unavailable = new AgoraError("unavailable", "Busy.");

interface Body {
  content: string;
}

/** A server that keeps the log's promise: it stores at the end, after it has looked through all entries behind `after` for a twin. */
class ModelServer {
  readonly log: Message[] = [];
  lookMax = 6;

  append({ nonce, after, body }: Pick<SendRequest<Body>, "nonce" | "after" | "body">): Message {
    const behind = this.log.slice(after);
    if (behind.length > this.lookMax) throw new AgoraError("message.conflict", "Too far back.");
    const twin = behind.find((entry) => entry.nonce === nonce && entry.author.id === "usr_1");
    if (twin) return twin;
    const entry = message(this.log.length + 1, { nonce, content: body.content });
    this.log.push(entry);
    return entry;
  }

  other(): void {
    this.log.push(
      message(this.log.length + 1, { nonce: "n1", author: { id: "usr_2", username: "eve", display_name: null, avatar_url: null } }),
    );
  }
}

const fate = fc.record({
  /** `lost`: never arrives. `unanswered`: is stored and nobody learns it. `late`: arrives after it was given up. `twice`: a copy arrives later. */
  kind: fc.constantFrom("well", "well", "lost", "unanswered", "late", "twice", "refused" as const),
  delayMs: fc.nat(300),
  copyDelayMs: fc.nat(3000),
});
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("write" as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(4000) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("others write" as const), count: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("see" as const), count: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reload" as const), window: fc.nat(4) }) },
);

test("whatever is lost, doubled, late or reloaded: each message is stored exactly once, in the order written", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 5, maxLength: 50 }),
      fc.array(fate, { minLength: 1, maxLength: 30 }),
      async (actions, fates) => {
        const clock = new FakeClock();
        const server = new ModelServer();
        let sent = 0;
        let written = 0;
        let seen = 0;
        let kept = "";
        let isHealed = false;

        const send: OutboxOptions<Body>["send"] = async (request) => {
          const { kind, delayMs, copyDelayMs } = (isHealed ? undefined : fates[sent++ % fates.length]) ?? {
            kind: "well",
            delayMs: 1,
            copyDelayMs: 0,
          };
          await new Promise<void>((resolve) => clock.setTimeout(resolve, delayMs));
          if (kind === "lost") throw network;
          if (kind === "refused") throw unavailable;
          const copy = () => {
            try {
              server.append(request);
            } catch {
              // A copy that comes too late is refused, and nobody reads the answer.
            }
          };
          if (kind === "twice" || kind === "late") clock.setTimeout(copy, copyDelayMs);
          const stored = server.append(request);
          if (kind === "unanswered") throw network;
          return stored;
        };
        const makeOutbox = () => {
          const outbox = createOutbox<Body>({
            send,
            seen: () => seen,
            isOwn: ({ author }) => author.id === "usr_1",
            fetchAfter: (_, after, limit) =>
              Promise.resolve({ messages: server.log.slice(after, after + Math.min(limit, 4)), head: server.log.length }),
            onchange: () => (kept = JSON.stringify(outbox.snapshot())),
            clock,
            random: () => 0.4,
            newNonce: () => `n${written}`,
            onlineSignal: { isOnline: () => true, subscribe: () => () => undefined },
          });
          return outbox;
        };

        let outbox = makeOutbox();
        for (const step of actions) {
          if (step.kind === "write") outbox.add(TOPIC, { content: String(++written) });
          if (step.kind === "pass") await clock.pass(step.ms);
          if (step.kind === "others write") for (let count = 0; count < step.count; count++) server.other();
          if (step.kind === "see") {
            const entries = server.log.slice(seen, seen + step.count);
            seen += entries.length;
            outbox.settle(TOPIC, entries);
          }
          if (step.kind === "reload") {
            outbox.close();
            outbox = makeOutbox();
            // The page shows the newest entries only: what is before them has been seen by nobody.
            seen = server.log.length;
            if (kept) outbox.restore(JSON.parse(kept));
            outbox.settle(TOPIC, server.log.slice(Math.max(0, seen - step.window)));
          }
        }
        isHealed = true;
        await clock.pass(5 * MINUTE);
        expect(outbox.items).toEqual([]);
        const own = server.log.filter(({ author }) => author.id === "usr_1").map(({ content }) => Number(content));
        expect(own).toEqual(Array.from({ length: written }, (_, index) => index + 1));
      },
    ),
    { numRuns: Number(process.env["FC_RUNS"] ?? 300) },
  );
}, 60_000);
