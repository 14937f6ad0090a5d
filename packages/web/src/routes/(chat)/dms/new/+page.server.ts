import { orErrorPage, problemOf } from "$lib/server/refusals";
import { isAppError } from "@agora/core/error";
import * as conversation from "@agora/core/conversation";
import * as profile from "@agora/core/profile";
import { UserSearchQuery } from "@agora/core/protocol/account";
import { CreateConversationBody } from "@agora/core/protocol/conversation";
import { errorStatus } from "@agora/core/protocol/error-status";
import { error, fail, redirect } from "@sveltejs/kit";
import * as v from "valibot";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ locals, url }) => {
  if (!locals.actor) error(401, { message: "Log in first.", code: "auth.required" }); // The layout above sends people to log in.
  const q = (url.searchParams.get("q") ?? "").trim();
  if (q === "") return { q, users: null, problem: null };
  const parsed = v.safeParse(UserSearchQuery, { q: q.replace(/^@/, "") });
  if (!parsed.success) return { q, users: null, problem: problemOf("What is looked for", parsed.issues) };
  const { users } = await orErrorPage(profile.search(locals.actor, parsed.output));
  return { q, users: users.filter(({ id }) => id !== locals.actor?.user_id), problem: null };
};

export const actions: Actions = {
  start: async ({ locals, request }) => {
    if (!locals.actor) redirect(303, "/login?next=/dms/new");
    const form = await request.formData();
    const parsed = v.safeParse(CreateConversationBody, { user_ids: form.getAll("user_id") });
    if (!parsed.success) return fail(400, { problem: problemOf("Your choice", parsed.issues) });
    let id: string;
    try {
      ({ id } = (await conversation.create(locals.actor, parsed.output)).conversation);
    } catch (refusal) {
      if (!isAppError(refusal)) throw refusal;
      return fail(errorStatus[refusal.code], { problem: refusal.message });
    }
    redirect(303, `/dms/${id}`);
  },
};
