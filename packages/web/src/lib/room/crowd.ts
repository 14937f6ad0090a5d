/** What happened to those who are in a room, as one line between the messages. */
export interface CrowdLine {
  key: number;
  /** It stands behind the message of this number. */
  after: number;
  /** When the last of it happened. */
  at: number;
  came: readonly string[];
  left: readonly string[];
  /** They left and came again. */
  back: readonly string[];
  /** They came and left again. */
  passed: readonly string[];
}

interface Change {
  came: readonly string[];
  left: readonly string[];
}

/** What happens within so long after a line, with nothing said in between, joins it. */
export const JOINS_WITHIN_MS = 15_000;
/** Lines that are kept. */
const LINES_MAX = 50;
/** So many are called by their names. */
const NAMED_MAX = 3;

/** Who is there now and was not, and the other way round. */
export function changeBetween(before: readonly string[], now: readonly string[], self: string | null): Change {
  const without = (these: readonly string[], others: readonly string[]) => {
    const isOther = new Set(others);
    return these.filter((alias) => alias !== self && !isOther.has(alias));
  };
  return { came: without(now, before), left: without(before, now) };
}

/** The lines with what has happened. @param after the number of the last message. */
export function withChange(
  lines: readonly CrowdLine[],
  change: Change,
  { after, at }: { after: number; at: number },
): readonly CrowdLine[] {
  if (change.came.length === 0 && change.left.length === 0) return lines;
  const last = lines.at(-1);
  const isOpen = last !== undefined && last.after === after && at - last.at < JOINS_WITHIN_MS;
  const before = isOpen ? last : { key: (last?.key ?? 0) + 1, after, at, came: [], left: [], back: [], passed: [] };
  return [...(isOpen ? lines.slice(0, -1) : lines), joined(before, change, at)].slice(-LINES_MAX);
}

function joined(line: CrowdLine, change: Change, at: number): CrowdLine {
  const sets = { came: new Set(line.came), left: new Set(line.left), back: new Set(line.back), passed: new Set(line.passed) };
  for (const alias of change.left) {
    if (sets.came.delete(alias)) sets.passed.add(alias);
    else sets.left.add(alias);
    sets.back.delete(alias);
  }
  for (const alias of change.came) {
    if (sets.left.delete(alias)) sets.back.add(alias);
    else sets.came.add(alias);
    sets.passed.delete(alias);
  }
  return { ...line, at, came: [...sets.came], left: [...sets.left], back: [...sets.back], passed: [...sets.passed] };
}

/** What has just happened, to be read aloud; empty: nothing. */
export const changeWords = ({ came, left }: Change): string => crowdWords({ came, left, back: [], passed: [] });

/** As in "Ann and Bob came in", or "5 people came in · Cyd left". */
export function crowdWords({ came, left, back, passed }: Omit<CrowdLine, "key" | "after" | "at">): string {
  return [
    came.length > 0 && `${named(came)} came in`,
    back.length > 0 && `${named(back)} ${back.length === 1 ? "is" : "are"} back`,
    passed.length > 0 && `${named(passed)} looked in`,
    left.length > 0 && `${named(left)} left`,
  ]
    .filter(Boolean)
    .join(" · ");
}

function named(aliases: readonly string[]): string {
  if (aliases.length > NAMED_MAX) return `${aliases.length} people`;
  return aliases.length < 2 ? (aliases[0] ?? "") : `${aliases.slice(0, -1).join(", ")} and ${aliases.at(-1) ?? ""}`;
}
