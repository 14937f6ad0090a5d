import path from "node:path";
import { exchangesOf, type Exchange } from "./exchanges";
import { isSync, type Call } from "./trace";
import { walOf, type Transaction } from "./wal";

const WRITES = new Set(["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"]);

/** What a write carries so that it can be found in the trace: a text that no other write of the run has. */
const MARK = /mark-[a-z0-9-]+-end/g;
const marksIn = (text: string): string[] => [...new Set(text.match(MARK))];

/** Writes that were done, as opposed to refused. */
export const writesIn = (calls: Call[]): Exchange[] =>
  exchangesOf(calls).filter(({ operation, status }) => WRITES.has(operation) && status === 200);

/**
 * Answers that left too early. For each write: it must be in a transaction of the log that began after the request was read, and whose sync, begun
 * after its last frame was written, had ended before the answer began to leave. A mark tells which transaction; a write that leaves none (a delete)
 * takes one that is nobody else's. For every answer: what it shows must be safe.
 */
export function answerViolations(calls: Call[], database: string): string[] {
  const transactions = walOf(calls, database).flatMap((generation) => generation.transactions);
  const originOf = originsByMark(transactions);
  const claimed = new Set<Transaction>();
  const violations: string[] = [];
  const unmarked: Exchange[] = [];
  for (const exchange of writesIn(calls)) {
    const { operation, request, askedAt, answeredAt } = exchange;
    const marks = marksIn(request).filter((mark) => (originOf.get(mark)?.begin ?? Infinity) > askedAt);
    if (marks.length === 0) unmarked.push(exchange);
    for (const mark of marks) {
      const origin = originOf.get(mark);
      if (!origin || origin.durableAt >= answeredAt) violations.push(`${operation} of ${mark} was answered before it was safe`);
      else claimed.add(origin);
    }
  }
  for (const { operation, askedAt, answeredAt } of unmarked) {
    const own = transactions.find((one) => !claimed.has(one) && one.begin > askedAt && one.durableAt < answeredAt);
    if (own) claimed.add(own);
    else violations.push(`${operation} at line ${answeredAt} was answered before anything was safe for it`);
  }
  for (const { operation, answer, answeredAt } of exchangesOf(calls)) {
    for (const mark of marksIn(answer)) {
      if ((originOf.get(mark)?.durableAt ?? Infinity) >= answeredAt) violations.push(`${operation} showed ${mark} before it was safe`);
    }
  }
  return violations;
}

/** The transaction that brought each mark. */
function originsByMark(transactions: Transaction[]): Map<string, Transaction> {
  const origins = new Map<string, Transaction>();
  for (const transaction of transactions) {
    for (const page of transaction.pages.values()) {
      for (const mark of marksIn(page.toString("latin1"))) if (!origins.has(mark)) origins.set(mark, transaction);
    }
  }
  return origins;
}

/** Files and folders below `folder` whose names were not safe in the folder above them when the first write was answered. */
export function nameViolations(calls: Call[], folder: string, files: string[]): string[] {
  const firstAnswer = writesIn(calls)[0]?.answeredAt ?? 0;
  const made = calls.filter(({ name, path: made, isCreating, result }) => {
    if (made === undefined || result < 0) return false;
    return name.startsWith("mkdir") ? made.startsWith(folder) : isCreating && files.includes(made);
  });
  const missing = files.filter((file) => !made.some((call) => call.path === file));
  const unsafe = made.filter(({ path: name = "", end, begin }) => {
    if (begin > firstAnswer) return false;
    return !calls.some((call) => call.path === path.dirname(name) && isSync(call) && call.begin > end && call.end < firstAnswer);
  });
  return [...missing.map((file) => `${file} was not seen to be made`), ...unsafe.map(({ path: name }) => `the name ${name} was not safe`)];
}
