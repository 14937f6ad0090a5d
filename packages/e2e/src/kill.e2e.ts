import { AgoraError, type Rest } from "@agora/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startOwnChannel, type OwnChannel } from "./own-channel";
import type { OwnAgora } from "./server";

const SENDERS = 8;
const ROUNDS = 3;
/** The kill comes while this many messages of a round have been acknowledged, give or take those under way. */
const ACKNOWLEDGED_BEFORE_KILL = 60;

interface Sent {
  nonce: string;
  content: string;
  seq: number | undefined;
}

describe("kill -9 in a burst of messages", () => {
  let agora: OwnAgora;
  let rest: Rest;
  let path: OwnChannel["path"];
  const sent: Sent[] = [];

  beforeAll(async () => {
    ({ agora, rest, path } = await startOwnChannel("killer"));
  });
  afterAll(() => agora.close());

  async function send(message: Sent, after: number): Promise<void> {
    message.seq = (await rest.sendMessage({ ...path, content: message.content, nonce: message.nonce, after })).seq;
  }

  async function wholeChannel() {
    const all = [];
    for (let after: number | null = 0; after !== null;) {
      const page: Awaited<ReturnType<Rest["listMessages"]>> = await rest.listMessages({ ...path, after, limit: 100 });
      all.push(...page.messages);
      after = page.next_cursor;
    }
    return all;
  }

  test.each(Array.from({ length: ROUNDS }, (_, i) => i + 1))(
    "round %i: nothing acknowledged is lost, no number is used twice, repeats are harmless",
    async (round) => {
      const { head } = await rest.listMessages({ ...path, limit: 1 });
      let acknowledged = 0;
      let isKilled = false;
      const burst = Array.from({ length: SENDERS }, async (_, sender) => {
        for (let i = 0; !isKilled; i++) {
          const message: Sent = {
            nonce: `${round}.${sender}.${i}`,
            content: `round ${round}, sender ${sender}, message ${i}`,
            seq: undefined,
          };
          sent.push(message);
          await send(message, head);
          if (++acknowledged === ACKNOWLEDGED_BEFORE_KILL) {
            isKilled = true;
            await agora.stop("SIGKILL");
          }
        }
      });
      const ends = await Promise.allSettled(burst);
      for (const end of ends) if (end.status === "rejected") expect(end.reason).toBeInstanceOf(AgoraError);

      await agora.startAgain();
      const before = await wholeChannel();
      for (const { nonce, seq } of sent) if (seq !== undefined) expect(before[seq - 1]?.nonce).toBe(nonce);

      // What nobody answered is said again, and is there once, whether it was stored or not.
      for (const message of sent) if (message.seq === undefined) await send(message, head);
      const after = await wholeChannel();
      expect(after.map(({ seq }) => seq)).toEqual(Array.from({ length: sent.length }, (_, i) => i + 1));
      expect(new Set(after.map(({ nonce }) => nonce)).size).toBe(sent.length);
      for (const { content, seq } of sent) expect(after[(seq ?? 0) - 1]?.content).toBe(content);
    },
  );
});
