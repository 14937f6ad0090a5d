import { redirect } from "@sveltejs/kit";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ parent }) => {
  const { server } = await parent();
  const [first] = server.channels;
  if (first) redirect(303, `/channels/${server.id}/${first.id}`);
};
