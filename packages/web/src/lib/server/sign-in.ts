import { inviteCodeIn, nextPath } from "$lib/next-path";
import { isAppError } from "@agora/core/error";
import * as invite from "@agora/core/invite";
import type { Session } from "@agora/core/protocol/account";
import type { InvitePreview } from "@agora/core/protocol/invite";
import * as session from "@agora/core/session";
import { AgoraError } from "@agora/sdk";
import { fail, redirect } from "@sveltejs/kit";
import type { RequestEvent } from "@sveltejs/kit";
import { formText } from "./form-text";
import { writeSession } from "./session-cookies";

type Refusal = { values: Record<string, string>; problems: Record<string, string>; problem: string | null };

/** What the log-in and sign-up pages show around their form. Who is logged in already is sent on. */
export async function signInPage({ locals, url }: Pick<RequestEvent, "locals" | "url">) {
  const next = nextPath(url.searchParams.get("next"));
  if (locals.actor) redirect(303, next ?? "/channels");
  return { next: next ?? null, invite: await previewFor(next) };
}

/** Runs the form: `open` asks the API. On success the cookies are set and the person goes on, into the server if an invite brought them. */
export async function signIn(event: RequestEvent, fields: readonly string[], open: (values: Record<string, string>) => Promise<Session>) {
  const form = await event.request.formData();
  const values = Object.fromEntries(fields.map((name) => [name, formText(form, name)]));
  const next = nextPath(form.get("next"));
  try {
    const opened = await open(values);
    writeSession(event.cookies, event.locals.secure, opened);
    await joinOnTheWay(opened, inviteCodeIn(next));
  } catch (error) {
    if (!(error instanceof AgoraError)) throw error;
    // The password is not sent back: it would stand in the page.
    return fail<Refusal>(error.status >= 400 ? error.status : 503, { values: { ...values, password: "" }, ...problemsOf(error) });
  }
  redirect(303, next ?? "/channels");
}

/** Somebody who signs up from an invite has said already that they want in. */
async function joinOnTheWay(opened: Session, code: string | undefined): Promise<void> {
  if (!code) return;
  let joined;
  try {
    joined = await invite.join(await session.verify(opened.token), { code });
  } catch (error) {
    if (!isAppError(error)) throw error;
    return; // The invite's page says what is wrong with it.
  }
  redirect(303, `/channels/${joined.id}`);
}

async function previewFor(next: string | undefined): Promise<InvitePreview | null> {
  const code = inviteCodeIn(next);
  if (!code) return null;
  try {
    return await invite.preview({ code });
  } catch (error) {
    if (!isAppError(error)) throw error;
    return null; // The invite's page says what is wrong with it.
  }
}

function problemsOf(error: AgoraError): Pick<Refusal, "problems" | "problem"> {
  switch (error.code) {
    case "account.email_taken":
      return { problems: { email: "There is an account with this address already. Log in instead?" }, problem: null };
    case "account.username_taken":
      return { problems: { username: "Somebody has this name already. Try another one." }, problem: null };
    case "auth.invalid":
      return { problems: {}, problem: "That address and password do not go together. Check both and try again." };
    case "input.invalid": {
      const problems = Object.entries(error.details ?? {}).map(([path, problem]) => [path, `This ${problem}.`]);
      return { problems: Object.fromEntries(problems) as Record<string, string>, problem: problems.length > 0 ? null : error.message };
    }
    default:
      return { problems: {}, problem: error.message };
  }
}
