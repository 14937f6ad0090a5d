import { orErrorPage } from "$lib/server/refusals";
import { isAppError } from "@agora/core/error";
import * as invite from "@agora/core/invite";
import { errorStatus } from "@agora/core/protocol/error-status";
import type { ErrorCode } from "@agora/core/protocol/error-status";
import { fail, redirect } from "@sveltejs/kit";
import type { Actions, PageServerLoad } from "./$types";

const DEAD: readonly ErrorCode[] = ["invite.not_found", "invite.expired", "invite.exhausted"];

/** Readable without an account: this is where most people meet Agora first. */
export const load: PageServerLoad = async ({ locals, params, setHeaders }) => {
  const { code } = params;
  setHeaders({ "referrer-policy": "same-origin" }); // The address is the key: no other site should learn it.
  try {
    return { invite: await invite.preview({ code }), problem: null, isSignedIn: locals.actor !== null, code };
  } catch (refusal) {
    if (!isAppError(refusal) || !DEAD.includes(refusal.code)) return orErrorPage(Promise.reject(refusal as Error));
    return { invite: null, problem: refusal.message, isSignedIn: locals.actor !== null, code };
  }
};

export const actions: Actions = {
  default: async ({ locals, params, url }) => {
    if (!locals.actor) redirect(303, `/register?next=${encodeURIComponent(url.pathname)}`);
    const { code } = params;
    let serverId;
    try {
      serverId = (await invite.join(locals.actor, { code })).id;
    } catch (refusal) {
      if (!isAppError(refusal)) throw refusal;
      if (refusal.code !== "member.exists") return fail(errorStatus[refusal.code], { problem: refusal.message });
      serverId = (await orErrorPage(invite.preview({ code }))).server_id;
    }
    redirect(303, `/channels/${serverId}`);
  },
};
