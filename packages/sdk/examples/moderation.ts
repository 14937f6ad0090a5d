import { AgoraError, createRest, isTransient } from "@agora/sdk";
import type { Message } from "@agora/sdk";
import { createConsumer } from "@agora/sdk/streams";

// Deletes what has one of some words in it. The account may manage messages there; its key needs topics:read and messages:write.

const {
  AGORA_URL = "http://localhost:3000",
  AGORA_KEY = "",
  SERVER_ID: server_id = "",
  CHANNEL_ID: channel_id = "",
  WORDS = "",
} = process.env;
const words = new Set(WORDS.toLowerCase().split(",").filter(Boolean));
const agora = createRest({ baseUrl: `${AGORA_URL}/api`, token: AGORA_KEY });

for (;;) {
  try {
    for await (const { offset, payload } of createConsumer({ client: agora, topic: `channel:${channel_id}`, group: "moderation" })) {
      const said = (payload as Message).content?.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
      if (said.some((word) => words.has(word))) await remove(String(offset));
    }
  } catch (error) {
    if (!isTransient(error)) throw error;
    await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? 1_000));
  }
}

/** To delete twice does no harm: somebody else may have been faster, or this one before it crashed. */
async function remove(seq: string): Promise<void> {
  try {
    await agora.deleteMessage({ server_id, channel_id, seq });
  } catch (error) {
    if (!(error instanceof AgoraError && error.code === "message.not_found")) throw error;
  }
}
