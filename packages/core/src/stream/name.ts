import { safeParse } from "valibot";
import type { GenericSchema } from "valibot";
import { AppError } from "../lib/error";

/** A name that something is to be made by. @throws input.invalid, about `field`, for what can be none */
export function assertName(field: "topic" | "group", schema: GenericSchema<string, string>, name: string): string {
  const parsed = safeParse(schema, name);
  if (parsed.success) return parsed.output;
  const problem = parsed.issues[0].message;
  throw new AppError("input.invalid", `${field} ${problem}.`, { details: { [field]: problem } });
}
