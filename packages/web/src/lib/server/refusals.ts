import { isAppError } from "@agora/core/error";
import { errorStatus } from "@agora/core/protocol/error-status";
import { error } from "@sveltejs/kit";
import * as v from "valibot";

/** Lets a refusal of the core become the page for its status; everything else is a defect and stays one. */
export async function orErrorPage<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (refusal) {
    if (!isAppError(refusal)) throw refusal;
    error(errorStatus[refusal.code], { message: refusal.message, code: refusal.code });
  }
}

/** Parses what a form or an address gave. What does not parse leads nowhere. */
export function parseOrErrorPage<S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, input);
  if (!result.success) error(404, { message: "There is nothing at this address.", code: "route.not_found" });
  return result.output;
}

/** A sentence about the first thing that is wrong with a field, like "The name must have 1 to 100 characters, has 0". */
export function problemOf(subject: string, issues: readonly { message: string }[]): string {
  return `${subject} ${issues[0]?.message ?? "is not valid"}.`;
}
