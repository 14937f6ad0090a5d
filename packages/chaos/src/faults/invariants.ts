/* What must hold whatever went wrong. Each check names what it finds, and finds nothing in what is right; the tests beside show each of them failing. */

export interface Entry {
  seq: number;
  nonce?: string | undefined;
  content: string | null;
}

/** What a client said, and the number under which it was acknowledged, if it was. */
export interface Said {
  nonce: string;
  content: string;
  seq?: number | undefined;
}

/** A log that was read back from its beginning, against everything that was said in it and finally acknowledged. */
export function problemsOfLog(entries: readonly Entry[], said: readonly Said[]): string[] {
  const problems = entries.flatMap(({ seq }, i) =>
    seq === i + 1 ? [] : [`number ${i + 1} has the entry ${seq}: a hole, or another order`],
  );
  const known = new Map(said.map((one) => [one.nonce, one]));
  for (const { seq, nonce, content } of entries) {
    const one = known.get(nonce ?? "");
    if (!one) problems.push(`nobody said entry ${seq}`);
    else if (one.content !== content) problems.push(`entry ${seq} is not what was said`);
  }
  for (const { nonce, seq } of said) {
    const numbers = entries.filter((entry) => entry.nonce === nonce).map((entry) => entry.seq);
    if (numbers.length === 0) problems.push(`${nonce} is lost`);
    if (numbers.length > 1) problems.push(`${nonce} is doubled: ${numbers.join(", ")}`);
    if (seq !== undefined && numbers.length === 1 && numbers[0] !== seq) {
      problems.push(`${nonce} was acknowledged as ${seq} and stands at ${numbers[0]}`);
    }
  }
  return problems;
}

/** The members of a server, what it counts, and what the invite counts by which all but the first came in. */
export function problemsOfMembership(
  found: { members: readonly string[]; memberCount: number; useCount?: number | undefined },
  expected: { members: readonly string[]; uses?: number | undefined },
): string[] {
  const problems: string[] = [];
  for (const id of expected.members) if (!found.members.includes(id)) problems.push(`${id} is no member`);
  for (const id of found.members) if (!expected.members.includes(id)) problems.push(`${id} is a member`);
  if (found.memberCount !== found.members.length) problems.push(`${found.members.length} members are counted as ${found.memberCount}`);
  if (expected.uses !== undefined && found.useCount !== expected.uses) {
    problems.push(`${expected.uses} uses of the invite are counted as ${found.useCount}`);
  }
  return problems;
}

export interface Listener {
  name: string;
  /** The numbers that were pushed to it. */
  heard: readonly number[];
  /** It was disconnected, so that it knows that it has to ask. */
  wasCut: boolean;
  /** The numbers that it got when it came back and asked for what it had missed; undefined if it did not come back. */
  resumed?: readonly number[] | undefined;
}

/** Who listened when entries were acknowledged: they have each of them, or were disconnected and got the rest when they came back, in order. */
export function problemsOfListener({ name, heard, wasCut, resumed }: Listener, acknowledged: readonly number[]): string[] {
  const problems: string[] = [];
  const missed = acknowledged.filter((seq) => !heard.includes(seq));
  if (missed.length > 0 && !wasCut) problems.push(`${name} is still connected and was not told of ${missed.join(", ")}`);
  if (!resumed) return problems;
  const unresumed = missed.filter((seq) => !resumed.includes(seq));
  if (unresumed.length > 0) problems.push(`${name} came back and did not get ${unresumed.join(", ")}`);
  for (const [i, seq] of resumed.entries()) {
    const before = resumed[i - 1];
    if (before !== undefined && seq !== before + 1) problems.push(`${name} got ${seq} after ${before}`);
  }
  return problems;
}

/** Somebody who was removed from a server hears, reads and subscribes to nothing there from the moment that it is acknowledged. */
export function problemsOfSilence(
  { framesAfter, statusOfRead, denied }: { framesAfter: readonly unknown[]; statusOfRead: number; denied: readonly string[] },
  topics: number,
): string[] {
  const problems: string[] = [];
  if (framesAfter.length > 0) problems.push(`who was removed heard ${JSON.stringify(framesAfter)}`);
  if (statusOfRead !== 404) problems.push(`who was removed reads the server: ${statusOfRead}`);
  if (denied.length !== topics) problems.push(`who was removed may still listen, and was denied only ${denied.length} of ${topics}`);
  return problems;
}

export interface SeenOutcome {
  kind: "done" | "refused" | "unanswered";
  code?: string;
  status?: number;
  retryAfter?: string | null;
}

/** What a person may see while something is broken: success, or that it cannot be done now, and when to try again. Any other refusal is not true. */
export function problemsOfOutcome({ kind, code, status, retryAfter }: SeenOutcome): string[] {
  if (kind === "done") return [];
  if (kind === "unanswered") return ["there was no answer"];
  if (code === undefined) return [`a refusal (${status}) without a code`];
  if (code !== "unavailable") return [`refused as ${code}`];
  if (status === 503 && !(Number(retryAfter) >= 1)) return ["503 without Retry-After"];
  return [];
}
