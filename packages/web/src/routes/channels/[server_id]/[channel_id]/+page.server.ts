import type { LoadedPage } from "$lib/chat/timeline.svelte";
import { formText } from "$lib/server/form-text";
import { orErrorPage, parseOrErrorPage, problemOf } from "$lib/server/refusals";
import { isAppError } from "@agora/core/error";
import * as message from "@agora/core/message";
import { errorStatus } from "@agora/core/protocol/errors";
import type { MessagePage } from "@agora/core/protocol/message";
import { MessagePageQuery, SendMessageBody } from "@agora/core/protocol/message";
import { error, fail, redirect } from "@sveltejs/kit";
import * as v from "valibot";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ locals, params, url }) => {
  if (!locals.actor) error(401, { message: "Log in first.", code: "auth.required" }); // The layout above sends people to log in.
  const asked = { before: url.searchParams.get("before") ?? undefined, after: url.searchParams.get("after") ?? undefined };
  const range = parseOrErrorPage(MessagePageQuery, asked);
  const read = await orErrorPage(message.page(locals.actor, { ...params, ...range }));
  return { page: loadedPage(read, range), key: `${params.channel_id} ${url.search}`, nonce: crypto.randomUUID() };
};

/** A page as it is shown: oldest first, whichever way it was read. */
function loadedPage({ messages, has_more, head }: MessagePage, { after }: MessagePageQuery): LoadedPage {
  if (after !== undefined) return { messages, hasOlder: (messages[0]?.seq ?? 1) > 1, hasNewer: has_more };
  return { messages: messages.toReversed(), hasOlder: has_more, hasNewer: (messages[0]?.seq ?? head) < head };
}

export const actions: Actions = {
  /** Sending without JavaScript. The nonce is the page's own, so a form that is sent twice says it once. */
  send: async ({ locals, params, request }) => {
    const here = `/channels/${params.server_id}/${params.channel_id}`;
    if (!locals.actor) redirect(303, `/login?next=${encodeURIComponent(here)}`);
    const form = await request.formData();
    const content = formText(form, "content");
    const nonce = formText(form, "nonce") || undefined;
    const parsed = v.safeParse(SendMessageBody, { content, nonce, after: Number(formText(form, "after")) });
    if (!parsed.success) return fail(400, { content, problem: problemOf("The message", parsed.issues) });
    try {
      await message.send(locals.actor, { ...params, ...parsed.output });
    } catch (refusal) {
      if (!isAppError(refusal)) throw refusal;
      return fail(errorStatus[refusal.code], { content, problem: refusal.message });
    }
    redirect(303, `${here}#latest`);
  },
};
