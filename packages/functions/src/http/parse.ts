import { AppError } from "@agora/core/error";
import * as v from "valibot";

const MAX_PROBLEMS = 20;

/** What the schema makes of the value. @throws input.invalid, with the path of each problem. */
export function parse<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const details: Record<string, string> = {};
  for (const issue of result.issues.slice(0, MAX_PROBLEMS)) {
    const path = v.getDotPath(issue) ?? "body";
    details[path] ??= describe(issue);
  }
  const [path, problem] = Object.entries(details)[0] ?? ["body", "is not right"];
  throw new AppError("input.invalid", `${path} ${problem}.`, { details });
}

/** Our own messages say what must be; the library's are put into the same form, and never repeat what was sent. */
function describe(issue: v.BaseIssue<unknown>): string {
  if (issue.type === "strict_object" && issue.expected === "never") return "is not known here";
  if (issue.received === "undefined") return "is missing";
  if (/^(must|may|takes|stands|is) /.test(issue.message)) return issue.message;
  return issue.expected ? `must be ${issue.expected.replace(/^[<>]=?|^!/, (sign) => WORDS[sign] ?? sign)}` : "is not right";
}

const WORDS: Record<string, string> = { "<=": "at most ", ">=": "at least ", "<": "below ", ">": "above ", "!": "anything but " };
