import { createRest, isTransient } from "@agora/sdk";
import type { Message } from "@agora/sdk";
import { createConsumer } from "@agora/sdk/streams";

// Answers `!echo …` in a channel, each of them once. The key needs topics:read and messages:write, and topics:write if it is to make the group itself.

const { AGORA_URL = "http://localhost:3000", AGORA_KEY = "", SERVER_ID: server_id = "", CHANNEL_ID: channel_id = "" } = process.env;
const COMMAND = "!echo ";
const agora = createRest({ baseUrl: `${AGORA_URL}/api`, token: AGORA_KEY });
const ended = new AbortController();
process.once("SIGTERM", () => ended.abort());

const { id: ownId } = await agora.me();
while (!ended.signal.aborted) {
  try {
    const topic = `channel:${channel_id}`;
    for await (const { offset, payload } of createConsumer({
      client: agora,
      topic,
      group: "echo",
      start: "latest",
      signal: ended.signal,
    })) {
      const { author, content } = payload as Message;
      if (author.id === ownId || !content?.startsWith(COMMAND)) continue;
      // The answer stands behind its question, so the nonce is looked for from there on: a repeat after a crash finds what is there.
      await agora.sendMessage({ server_id, channel_id, content: content.slice(COMMAND.length), nonce: `echo:${offset}`, after: offset });
    }
  } catch (error) {
    if (!isTransient(error)) throw error;
    await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? 1_000));
  }
}
