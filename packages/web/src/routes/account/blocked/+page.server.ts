import { formAction } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { listPage } from "$lib/server/list-page";
import { orErrorPage } from "$lib/server/refusals";
import * as conversation from "@agora/core/conversation";
import { PageQuery } from "@agora/core/protocol/primitives";
import { redirect } from "@sveltejs/kit";
import type { Actions, PageServerLoad } from "./$types";

const SHOWN = 50;

export const load: PageServerLoad = async ({ locals, url }) => {
  if (!locals.actor) redirect(303, `/login?next=${encodeURIComponent(url.pathname)}`);
  const asked = listPage(PageQuery, url, SHOWN);
  const { users, next_cursor } = await orErrorPage(conversation.listBlocks(locals.actor, asked));
  return { users, isContinued: asked.cursor !== undefined, next: next_cursor };
};

export const actions: Actions = {
  unblock: formAction(async ({ actor, form }) => {
    await conversation.unblock(actor, { user_id: formText(form, "user_id") });
    return "They can write to you again.";
  }),
};
