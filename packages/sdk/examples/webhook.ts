import { createRest, isTransient } from "@agora/sdk";
import { createConsumer } from "@agora/sdk/streams";

// Posts each message of a topic to an address, in order and at least once. Who receives it leaves out a key that it has seen. The key needs topics:read.

const { AGORA_URL = "http://localhost:3000", AGORA_KEY = "", TOPIC: topic = "", WEBHOOK_URL = "" } = process.env;
const RETRY_MS = 1_000;
const agora = createRest({ baseUrl: `${AGORA_URL}/api`, token: AGORA_KEY });

for (;;) {
  try {
    for await (const { offset, payload } of createConsumer({ client: agora, topic, group: "webhook" })) {
      const headers = { "content-type": "application/json", "idempotency-key": `${topic}:${offset}` };
      while (!(await isTaken({ method: "POST", headers, body: JSON.stringify(payload) }))) {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  } catch (error) {
    if (!isTransient(error)) throw error;
    await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? RETRY_MS));
  }
}

async function isTaken(request: RequestInit): Promise<boolean> {
  try {
    return (await fetch(WEBHOOK_URL, { ...request, signal: AbortSignal.timeout(10_000) })).ok;
  } catch {
    return false; // nobody answers there just now
  }
}
