import { isSync, type Call } from "./trace";

/** One transaction of SQLite in its older mode: the journal that could undo it is removed, and by that it is done. */
export interface JournalCommit {
  removedAt: number;
  /** Everything that was written to the database had been synced by then. */
  isDatabaseSafe: boolean;
  /** When the folder, without the journal, was on the disk: until then a power cut brings the journal back, and that undoes the transaction. */
  durableAt: number;
}

export function journalCommitsOf(calls: Call[], folder: string, database: string): JournalCommit[] {
  const commits: JournalCommit[] = [];
  let isDatabaseSafe = true;
  for (const call of calls) {
    if (call.path === database && call.name.endsWith("write")) isDatabaseSafe = false;
    if (call.path === database && isSync(call)) isDatabaseSafe = true;
    if (call.path !== `${database}-journal` || !call.name.startsWith("unlink") || call.result !== 0) continue;
    const synced = calls.find((other) => other.path === folder && isSync(other) && other.begin > call.end);
    commits.push({ removedAt: call.begin, isDatabaseSafe, durableAt: synced?.end ?? Infinity });
  }
  return commits;
}

/** When an answer of success began to leave on any socket. */
export const answersIn = (calls: Call[]): number[] =>
  calls.filter(({ socket, data }) => socket !== undefined && data.toString("latin1", 0, 12) === "HTTP/1.1 200").map(({ begin }) => begin);
