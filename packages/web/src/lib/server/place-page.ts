import type { LoadedPage } from "$lib/chat/log-window.svelte";
import { formText } from "$lib/server/form-text";
import { startOfDay } from "$lib/server/start-of-day";
import { orErrorPage, parseOrErrorPage, problemOf } from "$lib/server/refusals";
import type { Account } from "@agora/core/actor";
import { isAppError } from "@agora/core/error";
import * as message from "@agora/core/message";
import type { PlacePath } from "@agora/core/place";
import { errorStatus } from "@agora/core/protocol/error-status";
import type { MessagePage } from "@agora/core/protocol/message";
import { MessagePageQuery, SendMessageBody } from "@agora/core/protocol/message";
import { error, fail, redirect } from "@sveltejs/kit";
import * as v from "valibot";

/** What the page of a place is loaded with: the part of its log that the address names. A day, which a form without JavaScript names, leads to its first message. */
export async function loadPlace(actor: Account | null, path: PlacePath, url: URL, zone: string) {
  if (!actor) error(401, { message: "Log in first.", code: "auth.required" }); // The layout above sends people to log in.
  const given = (cursor: string) => url.searchParams.get(cursor) ?? undefined;
  const at = startOfDay(given("on") ?? "", zone);
  if (at !== undefined) redirect(303, await addressOf(actor, path, url.pathname, at));
  const range = parseOrErrorPage(MessagePageQuery, { before: given("before"), after: given("after"), around: given("around") });
  const read = await orErrorPage(message.page(actor, { ...path, ...range }));
  return { page: loadedPage(read, range), key: `${url.pathname} ${url.search}`, nonce: crypto.randomUUID() };
}

/** Of the first message at a moment or later; of the place where there is none. */
async function addressOf(actor: Account, path: PlacePath, here: string, at: number): Promise<string> {
  const { messages } = await orErrorPage(message.page(actor, { ...path, at, limit: 1 }));
  return messages[0] ? `${here}?around=${messages[0].seq}#m-${messages[0].seq}` : here;
}

/** A page as it is shown: oldest first, whichever way it was read. */
function loadedPage({ messages, has_more, head }: MessagePage, { after }: MessagePageQuery): LoadedPage {
  if (after === undefined) return { messages: messages.toReversed(), hasOlder: has_more, head };
  return { messages, hasOlder: (messages[0]?.seq ?? 1) > 1, head };
}

/** Sending without JavaScript. The nonce is the page's own, so a form that is sent twice says it once. */
export async function sendByForm(actor: Account | null, path: PlacePath, here: string, request: Request) {
  if (!actor) redirect(303, `/login?next=${encodeURIComponent(here)}`);
  const form = await request.formData();
  const content = formText(form, "content");
  const nonce = formText(form, "nonce") || undefined;
  const parsed = v.safeParse(SendMessageBody, { content, nonce, after: Number(formText(form, "after")) });
  if (!parsed.success) return fail(400, { content, problem: problemOf("The message", parsed.issues) });
  try {
    await message.send(actor, { ...path, ...parsed.output });
  } catch (refusal) {
    if (!isAppError(refusal)) throw refusal;
    return fail(errorStatus[refusal.code], { content, problem: refusal.message });
  }
  redirect(303, `${here}#latest`);
}
