import { isAppError } from "@agora/core/error";
import * as member from "@agora/core/member";
import { errorStatus } from "@agora/core/protocol/error-status";
import { fail, redirect } from "@sveltejs/kit";
import type { Actions } from "./$types";

export const actions: Actions = {
  default: async ({ locals, params, url }) => {
    if (!locals.actor) redirect(303, `/login?next=${encodeURIComponent(url.pathname)}`);
    try {
      await member.remove(locals.actor, { server_id: params.server_id, user_id: "@me" });
    } catch (refusal) {
      if (!isAppError(refusal)) throw refusal;
      return fail(errorStatus[refusal.code], { problem: refusal.message });
    }
    redirect(303, "/channels");
  },
};
