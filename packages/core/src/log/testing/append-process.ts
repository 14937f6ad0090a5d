/*
 * A writer process of its own, for the races of append.db.test.ts: what happens between two processes cannot be shown by two promises in one.
 * Reads jobs from the parent, one at a time or all at once, and answers each with the entry's number.
 */
import * as log from "../index";
import type { LogEntry } from "../index";

interface Job {
  id: number;
  logId: string;
  author: string;
  nonce: string;
  after?: number;
}

process.on("message", (job: Job) => {
  const draft = { author: { id: job.author }, nonce: job.nonce };
  log
    .append<LogEntry>(job.logId, draft, { after: job.after })
    .then(({ entry, repeated }) => process.send?.({ id: job.id, seq: entry.seq, repeated }))
    .catch((error: unknown) => process.send?.({ id: job.id, error: String(error) }));
});
process.send?.("ready");
