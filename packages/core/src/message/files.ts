import type { Account } from "../lib/actor";
import { pinsLog } from "../lib/id";
import * as log from "../log/index";
import type { LogEntry } from "../log/index";
import type { StoredAttachment } from "../protocol/upload";
import * as upload from "../upload/index";

/* The files of messages: each is used by one message, which is named by its log and its nonce, so that whatever repeats the sending finds its own files. */

interface Named {
  log_id: string;
  nonce?: string | undefined;
}

type WithFiles = LogEntry & { attachments?: StoredAttachment[] | undefined };

const useOf = ({ log_id, nonce }: Named): string => `${log_id}#${nonce}`;

/** Takes the actor's uploads for a message. For its errors and its cost see `upload.claim`; nothing without files. */
export async function claimFiles(actor: Account, ids: readonly string[], message: Named): Promise<StoredAttachment[]> {
  return ids.length === 0 ? [] : upload.claim(actor, ids, useOf(message));
}

/** A repeat that names other files than the message has: what it has taken beside those is given back. */
export async function releaseOthers(entry: WithFiles, claimed: readonly StoredAttachment[]): Promise<void> {
  const kept = new Set(entry.attachments?.map(({ id }) => id));
  await releaseFiles({ ...entry, attachments: claimed.filter(({ id }) => !kept.has(id)) });
}

/** Deletes the files of a message that was deleted. Safe to repeat. Cost: see `upload.release`. @throws unavailable */
export async function releaseFiles({ author, attachments = [], ...named }: WithFiles): Promise<void> {
  if (author.id !== null && attachments.length > 0) await upload.release(author.id, attachments, useOf(named));
}

/**
 * Deletes the log of a place that is gone, with the files of its messages and its pins, from its beginning on, until it is empty or the time is over.
 * The pins last: what is not there any more nobody can pin.
 * @returns whether nothing of it is left. Cost: see `log.erase`; for each file 4 write units.
 */
export const eraseMessages = async (logId: string, until: number): Promise<boolean> =>
  (await log.erase(logId, until, releaseFiles)) && (await log.erase(pinsLog(logId), until));
