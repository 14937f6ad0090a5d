import { sectionsFor } from "$lib/settings/sections";
import { redirect } from "@sveltejs/kit";
import type { PageServerLoad } from "./$types";

/** To the first section that the one who looks may open: there is one for everybody. */
export const load: PageServerLoad = async ({ parent }) => {
  const { server } = await parent();
  const [first] = sectionsFor(server.me.permissions).flatMap(({ sections }) => sections);
  redirect(303, `/channels/${server.id}/settings/${first?.id ?? "members"}`);
};
