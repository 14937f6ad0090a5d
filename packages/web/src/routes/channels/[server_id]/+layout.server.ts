import { orErrorPage } from "$lib/server/refusals";
import * as core from "@agora/core/server";
import { error } from "@sveltejs/kit";
import type { LayoutServerLoad } from "./$types";

const MEMBERS_SHOWN = 100;

export const load: LayoutServerLoad = async ({ locals, params, depends }) => {
  depends("agora:server");
  const { actor } = locals;
  if (!actor) error(401, { message: "Log in first.", code: "auth.required" }); // The layout above sends people to log in.
  const { server_id } = params;
  const [server, { members }] = await orErrorPage(
    Promise.all([core.get(actor, { server_id }), core.listMembers(actor, { server_id, limit: MEMBERS_SHOWN })]),
  );
  return { server, members };
};
