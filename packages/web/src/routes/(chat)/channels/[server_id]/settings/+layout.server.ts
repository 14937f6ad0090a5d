import { orErrorPage } from "$lib/server/refusals";
import * as core from "@agora/core/server";
import { error } from "@sveltejs/kit";
import type { LayoutServerLoad } from "./$types";

export const load: LayoutServerLoad = async ({ locals, params, depends }) => {
  depends("agora:settings");
  const { actor } = locals;
  if (!actor) error(401, { message: "Log in first.", code: "auth.required" }); // The layout above sends people to log in.
  return { server: await orErrorPage(core.get(actor, { server_id: params.server_id })) };
};
