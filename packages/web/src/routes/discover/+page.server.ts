import { formAction } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { listPage } from "$lib/server/list-page";
import { orErrorPage } from "$lib/server/refusals";
import { isAppError } from "@agora/core/error";
import { limits } from "@agora/core/protocol/limits";
import { DiscoverQuery } from "@agora/core/protocol/server";
import * as server from "@agora/core/server";
import * as discovery from "@agora/core/server/discovery";
import { redirect } from "@sveltejs/kit";
import type { Actions, PageServerLoad } from "./$types";

const SHOWN = 24;

export const load: PageServerLoad = async ({ locals, url }) => {
  const { actor } = locals;
  if (!actor) redirect(303, `/login?next=${encodeURIComponent(url.pathname + url.search)}`);
  const asked = listPage(DiscoverQuery, url, SHOWN);
  const [{ servers, next_cursor }, own] = await orErrorPage(
    Promise.all([discovery.discover(actor, asked), server.list(actor, { limit: limits.pageMax })]),
  );
  const isMine = new Set(own.servers.map(({ id }) => id));
  return {
    servers: servers.map((found) => ({ ...found, isMine: isMine.has(found.id) })),
    q: url.searchParams.get("q")?.trim() ?? "",
    isContinued: asked.cursor !== undefined,
    next: next_cursor,
  };
};

export const actions: Actions = {
  join: formAction(async ({ actor, form }) => {
    const server_id = formText(form, "server_id");
    await discovery.join(actor, { server_id }).catch((refusal: unknown) => {
      if (!isAppError(refusal, "member.exists")) throw refusal; // who is in already wants to go there
    });
    redirect(303, `/channels/${server_id}`);
  }),
};
