import { error, redirect } from "@sveltejs/kit";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ parent }) => {
  const { server } = await parent();
  const [first] = server.channels;
  if (!first) error(404, { message: "This server has no channel yet.", code: "channel.not_found" });
  redirect(303, `/channels/${server.id}/${first.id}`);
};
