import { AppError } from "../lib/error";
import * as log from "../log/index";
import { isDeleted } from "./stored";
import type { MessageEntry } from "./stored";

interface Answered {
  original?: MessageEntry;
  /** It cannot be answered any more, but it was: an `after` that leads to what was said then. */
  copyBehind?: number;
}

/**
 * What a message is to answer. A repeat of what was stored while the original was there is not refused for that.
 * @param isThere whether what was found may still be answered; deleted it may not in any case.
 * @throws input.invalid if it is not there, or deleted. Cost: 1 read unit per 4 KB of it; where it is refused, 1 per 4 KB of a hundred entries more.
 */
export async function findAnswered(
  logId: string,
  replyTo: number,
  said: { authorId: string; nonce: string | undefined; after: number | undefined },
  isThere: (original: MessageEntry) => boolean = () => true,
): Promise<Answered> {
  const original = await log.find<MessageEntry>(logId, replyTo);
  if (original && !isDeleted(original) && isThere(original)) return { original };
  const { nonce } = said;
  const copy = nonce === undefined ? undefined : await log.findCopy(logId, { ...said, nonce });
  if (copy !== undefined) return { copyBehind: copy - 1 };
  throw noSuchOriginal();
}

const noSuchOriginal = () =>
  new AppError("input.invalid", "What you answer is not there any more.", { details: { reply_to: "must be a message that is there" } });
