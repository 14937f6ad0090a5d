import { randomText, topicLog } from "../lib/id";
import type { Account } from "../lib/actor";
import { isAppError } from "../lib/error";
import * as log from "../log/index";
import { limits } from "../protocol/limits";
import type { ProduceBody, Produced } from "../protocol/stream";
import { expiresOn } from "./dating";
import { discard, pack } from "./entry";
import type { TopicEntry } from "./entry";
import { plain } from "./payload";
import type { PlainMessage } from "./payload";
import { findOrMake } from "./topics";

const NONCE_CHARACTERS = 16;

/**
 * Stores messages behind the last one of a topic, under the next offsets: all or none of them. The topic is made if there is none. With a nonce a repeat
 * stores nothing and answers where they are: see `append` of the log for what `after` has to do with it; of what was produced more than a month ago it
 * cannot be told any more.
 * @throws input.invalid, topic.full, topic.offset_moved, message.conflict, unavailable
 * Cost: 1 read unit for the topic, half a read unit for the end of the log unless this process wrote to it just now, and 1 write unit per KB as compressed
 * (for more than 32 KB 1 PUT and 1 write unit instead); 6 write units for a new topic.
 */
export async function produce(
  actor: Account,
  { topic, nonce, after, expected_offset, ...given }: { topic: string } & ProduceBody,
): Promise<Produced> {
  const messages = plainMessages(given);
  const { row } = await findOrMake(actor, topic);
  const logId = topicLog(row.id);
  const lookBehind = nonce === undefined ? log.NO_COPY : after;
  const ahead = log.lookAhead(logId, lookBehind);
  const packed = await pack(row.id, messages);
  const created_at = Date.now();
  // Its object would stay, if the table deleted it.
  const expires_on = packed.object ? undefined : await expiresOn(created_at);
  const draft = { ...packed, author: { id: actor.user_id }, nonce: nonce ?? randomText(NONCE_CHARACTERS), created_at, expires_on };
  const reached = row.sealed_through === 0 ? undefined : row.sealed_through;
  const appending = { ahead, after: lookBehind, reached, expected: expected_offset, batchMax: limits.messagesPerBatchMax };
  try {
    const { entry, repeated } = await log.append<TopicEntry>(logId, draft, appending);
    if (repeated) await discard(packed);
    return { topic: row.name, offset: entry.seq, count: entry.count };
  } catch (error) {
    if (isAppError(error, "topic.offset_moved")) await discard(packed); // else it may be stored all the same
    throw error;
  }
}

function plainMessages({ payload, key, messages }: Pick<ProduceBody, "payload" | "key" | "messages">): PlainMessage[] {
  if (!messages) return [plain({ payload, key }, "payload")];
  return messages.map((message, i) => plain(message, `messages.${i}.payload`));
}
