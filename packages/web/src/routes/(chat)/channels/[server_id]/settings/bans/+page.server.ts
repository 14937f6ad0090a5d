import { formAction } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { listPage } from "$lib/server/list-page";
import { orErrorPage } from "$lib/server/refusals";
import { namesIn, openSection } from "$lib/server/server-section";
import * as member from "@agora/core/member";
import { PageQuery } from "@agora/core/protocol/primitives";
import type { Actions, PageServerLoad } from "./$types";

const SHOWN = 50;

export const load: PageServerLoad = async (event) => {
  const { server_id } = event.params;
  const { actor } = await openSection(event, "moderate_members");
  const asked = listPage(PageQuery, event.url, SHOWN);
  const { bans, next_cursor } = await orErrorPage(member.listBans(actor, { server_id, ...asked }));
  const names = await namesIn(
    server_id,
    bans.map(({ created_by }) => created_by),
  );
  return {
    bans: bans.map(({ user_id, user, reason, created_by, created_at }) => ({
      user_id,
      user,
      reason,
      by: created_by === actor.user_id ? "you" : (names[created_by] ?? "somebody who left"),
      at: created_at,
    })),
    isContinued: asked.cursor !== undefined,
    next: next_cursor,
  };
};

export const actions: Actions = {
  unban: formAction<{ server_id: string }>(async ({ actor, form, params }) => {
    await member.unban(actor, { ...params, user_id: formText(form, "user_id") });
    return "The ban was lifted. With an invite they can join again.";
  }),
};
