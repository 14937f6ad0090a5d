import { orErrorPage } from "$lib/server/refusals";
import { limits } from "@agora/core/protocol/limits";
import * as member from "@agora/core/member";
import * as core from "@agora/core/server";
import { error } from "@sveltejs/kit";
import type { LayoutServerLoad } from "./$types";

export const load: LayoutServerLoad = async ({ locals, params }) => {
  const { actor } = locals;
  if (!actor) error(401, { message: "Log in first.", code: "auth.required" }); // The layout above sends people to log in.
  const { server_id } = params;
  const [server, { members }] = await orErrorPage(
    Promise.all([core.get(actor, { server_id }), member.list(actor, { server_id, limit: limits.pageMax })]),
  );
  return { server, members };
};
