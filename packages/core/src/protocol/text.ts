import * as v from "valibot";
import { canonicalKey, countCodePoints } from "./characters";

/** A string of `min` to `max` code points. */
export function codePoints(min: number, max: number) {
  const wanted = min === 0 ? `at most ${max}` : `${min} to ${max}`;
  return v.rawCheck<string>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const count = countCodePoints(dataset.value);
    if (count < min || count > max) addIssue({ message: `must have ${wanted} characters, has ${count}` });
  });
}

/** Half a surrogate pair has no UTF-8 form: storing it would change it silently, so it becomes U+FFFD here, visibly. */
export const wellFormed = v.transform((text: string) => text.toWellFormed());

/** What consists of nothing that a person sees says nothing. */
export const visible = (min: number) => v.check((text: string) => min === 0 || canonicalKey(text) !== "", "must have a visible character");

/** They turn around what stands behind them, also beyond the text that they are in. */
export const DIRECTION_OVERRIDES = /[\u202A-\u202E\u2066-\u2069]/gu;

/** A line of text for people: trimmed, without control characters. */
export function line(min: number, max: number) {
  return v.pipe(
    v.string(),
    wellFormed,
    v.check((text) => !/\p{Cc}/u.test(text.trim()), "must be one line of text"),
    v.transform((text) => text.replace(DIRECTION_OVERRIDES, "").trim()),
    codePoints(min, max),
    visible(min),
  );
}

/** Text of several lines: trimmed; of the control characters only tab and line feed are kept. */
export function paragraph(min: number, max: number) {
  return v.pipe(
    v.string(),
    wellFormed,
    v.transform((text) =>
      text
        .replace(/\r\n?/g, "\n")
        .replace(/[^\P{Cc}\t\n]/gu, "")
        .trim(),
    ),
    codePoints(min, max),
    visible(min),
  );
}

/** As the schema has it, and null for null or for what has nothing in it that a person sees. */
export function orNull(schema: v.GenericSchema<string, string>) {
  return v.nullable(
    v.pipe(
      schema,
      v.transform((text) => (canonicalKey(text) === "" ? null : text)),
    ),
  );
}
