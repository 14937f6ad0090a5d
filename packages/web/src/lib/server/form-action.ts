import type { Answer } from "$lib/form-answer";
import type { Account } from "@agora/core/actor";
import { isAppError } from "@agora/core/error";
import { errorStatus } from "@agora/core/protocol/error-status";
import { AgoraError } from "@agora/sdk";
import { fail, redirect } from "@sveltejs/kit";
import type { ActionFailure, RequestEvent } from "@sveltejs/kit";
import * as v from "valibot";

type Params = Partial<Record<string, string>>;
type Event<P extends Params> = RequestEvent & { params: P };

interface Asked<P extends Params> extends AskedByAnybody<P> {
  actor: Account;
}

interface AskedByAnybody<P extends Params> {
  form: FormData;
  params: P;
  event: Event<P>;
}

/** A form that cannot be taken as it is: what is wrong, by the names of its fields. */
export class FormProblem extends Error {
  readonly problems: Record<string, string>;

  constructor(problems: Record<string, string>) {
    super("the form is not right yet");
    this.problems = problems;
  }
}

/** Fields that are never sent back: they would stand in the page. */
const SECRET = new Set(["password", "repeat", "current_password"]);

/**
 * A form action of somebody who is logged in. `work` answers what was done, as a sentence, or redirects; a refusal of the core, of the API or of
 * `parseForm` becomes the answer that the page shows, beside what was entered.
 */
export function formAction<P extends Params>(
  work: (asked: Asked<P>) => Promise<string>,
): (event: Event<P>) => Promise<Answer | ActionFailure<Answer>> {
  return async (event) => {
    const { actor } = event.locals;
    if (!actor) redirect(303, `/login?next=${encodeURIComponent(event.url.pathname)}`);
    return openFormAction<P>((asked) => work({ ...asked, actor }))(event);
  };
}

/** As `formAction`, of somebody who need not be logged in. */
export function openFormAction<P extends Params>(
  work: (asked: AskedByAnybody<P>) => Promise<string>,
): (event: Event<P>) => Promise<Answer | ActionFailure<Answer>> {
  return async (event) => {
    const { params, request, url } = event;
    const form = await request.formData();
    const at = /^\?\/([^&=]+)/.exec(url.search)?.[1] ?? "default";
    try {
      return { at, done: await work({ form, params, event }), problem: null, problems: {}, values: {} };
    } catch (error) {
      const { status, ...refusal } = refusalOf(error);
      return fail(status, { at, done: null, ...refusal, values: valuesOf(form) });
    }
  };
}

/** @throws what is a defect, or leads elsewhere. */
function refusalOf(error: unknown): Pick<Answer, "problem" | "problems"> & { status: number } {
  if (error instanceof FormProblem) return { status: 400, problem: null, problems: error.problems };
  if (!isAppError(error) && !(error instanceof AgoraError)) throw error;
  const status = isAppError(error) ? errorStatus[error.code] : error.status;
  const problems = Object.fromEntries(Object.entries(error.details ?? {}).map(([path, problem]) => [fieldOf(path), asSentence(problem)]));
  return { status: status >= 400 ? status : 503, problem: Object.keys(problems).length > 0 ? null : error.message, problems };
}

/** @throws FormProblem */
export function parseForm<S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, input);
  if (parsed.success) return parsed.output;
  const problems: Record<string, string> = {};
  for (const issue of parsed.issues) problems[fieldOf(v.getDotPath(issue) ?? "")] ??= asSentence(issue.message);
  throw new FormProblem(problems);
}

const fieldOf = (path: string): string => path.split(".")[0] ?? "";
const asSentence = (problem: string): string => `This ${problem}.`;

function valuesOf(form: FormData): Answer["values"] {
  const values: Answer["values"] = {};
  for (const [name, value] of form) if (typeof value === "string" && !SECRET.has(name)) (values[name] ??= []).push(value);
  return values;
}
