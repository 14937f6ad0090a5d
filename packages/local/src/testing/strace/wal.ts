import { isSync, type Call } from "./trace";

/** One transaction in SQLite's write-ahead log (https://sqlite.org/fileformat2.html#walformat). */
export interface Transaction {
  begin: number;
  /** When its last frame, the one that commits, had been written. */
  end: number;
  /** When a sync of the log that began after that had ended; Infinity if none did. */
  durableAt: number;
  pages: Map<number, Buffer>;
}

/** The log from one reset to the next: everything in it may be overwritten at `endsAt`. */
interface Generation {
  transactions: Transaction[];
  endsAt: number;
}

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const PAGE_BYTES = 4096;

/** The log of a database as its writes show it. */
export function walOf(calls: Call[], database: string): Generation[] {
  const wal = `${database}-wal`;
  const syncs = calls.filter((call) => call.path === wal && isSync(call));
  const generations: Generation[] = [];
  let current: Generation | undefined;
  let frame: { page: number; isCommit: boolean; begin: number } | undefined;
  let pages = new Map<number, Buffer>();
  let begin = Infinity;
  for (const call of calls) {
    if (call.path !== wal) continue;
    const isRemoved = call.name.startsWith("unlink") && call.result === 0;
    const isReset = call.name === "pwrite64" && call.offset === 0 && call.data.length === HEADER_BYTES;
    if ((isRemoved || isReset) && current) current.endsAt = call.begin;
    if (isReset) generations.push((current = { transactions: [], endsAt: Infinity }));
    if (isReset || call.name !== "pwrite64" || !current) continue;
    if (call.data.length === FRAME_HEADER_BYTES) {
      frame = { page: call.data.readUInt32BE(0), isCommit: call.data.readUInt32BE(4) > 0, begin: call.begin };
      begin = Math.min(begin, call.begin);
    } else if (frame && call.data.length === PAGE_BYTES) {
      pages.set(frame.page, call.data);
      if (!frame.isCommit) continue;
      const end = call.end;
      current.transactions.push({ begin, end, durableAt: syncs.find((sync) => sync.begin > end)?.end ?? Infinity, pages });
      pages = new Map();
      begin = Infinity;
    } else throw new Error(`a write of ${call.data.length} bytes to the log, which this reader does not know`);
  }
  return generations;
}

/** What is not in the database file, and safely there, when the log that holds it may be overwritten or is removed. */
export function checkpointViolations(calls: Call[], database: string): string[] {
  const writes = calls.filter(({ path, name }) => path === database && name === "pwrite64");
  const syncs = calls.filter((call) => call.path === database && isSync(call));
  const violations: string[] = [];
  for (const [number, { transactions, endsAt }] of walOf(calls, database).entries()) {
    if (endsAt === Infinity) continue;
    const newest = new Map(transactions.flatMap((transaction) => [...transaction.pages].map(([page]) => [page, transaction] as const)));
    for (const [page, transaction] of newest) {
      const image = transaction.pages.get(page);
      const write = writes.findLast(
        ({ begin, offset, data }) => begin < endsAt && offset === (page - 1) * PAGE_BYTES && image?.equals(data) === true,
      );
      const isSafe = write && syncs.some((sync) => sync.begin > write.end && sync.end < endsAt);
      if (!isSafe) violations.push(`log ${number} ends before page ${page} is safe in the database`);
      else if (write.begin < transaction.durableAt) violations.push(`page ${page} went to the database before log ${number} was safe`);
    }
  }
  return violations;
}
