/** What the site answers a form: one shape for all of them, so that one piece of markup shows it. */
export interface Answer {
  /** Which form of the page it was: the name of its action. */
  at: string;
  /** What was done, as a sentence; null: it was refused. */
  done: string | null;
  /** Why it was refused, as far as it is not about one field. */
  problem: string | null;
  /** What is wrong with single fields, by their names. */
  problems: Record<string, string>;
  /** What was entered, to be shown again. Empty when it was done, and never a password. */
  values: Record<string, string[]>;
}

/** The answer, if it was this form that was sent. */
export function answerTo(answer: Answer | null | undefined, at: string): Answer | undefined {
  return answer?.at === at ? answer : undefined;
}

/** The refusal, if this form was sent of several with the same action: the one that has `value` in the field `name`. */
export function refusalOf(answer: Answer | null | undefined, at: string, name: string, value: string): Answer | undefined {
  const mine = answerTo(answer, at);
  return mine?.values[name]?.[0] === value ? mine : undefined;
}

/** For the top of a list: what was done; also why something was refused to a row (see `refusalOf`) that is not `shown` any more. */
export function aboveRows(answer: Answer | null | undefined, at: string, name: string, shown: readonly string[]): Answer | undefined {
  if (answer?.done) return answer;
  const hasRow = shown.some((value) => refusalOf(answer, at, name, value));
  return hasRow ? undefined : answerTo(answer, at);
}

const wasRefused = (answer: Answer | undefined): answer is Answer => answer !== undefined && answer.done === null;

/** What stands in a field: what was typed, if it was refused. */
export function entered(answer: Answer | undefined, name: string, otherwise: string): string {
  return wasRefused(answer) ? (answer.values[name]?.[0] ?? "") : otherwise;
}

/** Which boxes of a name are ticked: a form says nothing of those that are not. */
export function ticked(answer: Answer | undefined, name: string, otherwise: readonly string[]): readonly string[] {
  return wasRefused(answer) ? (answer.values[name] ?? []) : otherwise;
}
