import { formAction } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { listPage } from "$lib/server/list-page";
import { publicOrigin } from "$lib/server/public-origin";
import { orErrorPage } from "$lib/server/refusals";
import { namesIn, openSection } from "$lib/server/server-section";
import * as invite from "@agora/core/invite";
import { PageQuery } from "@agora/core/protocol/primitives";
import type { Actions, PageServerLoad } from "./$types";

const SHOWN = 50;

export const load: PageServerLoad = async (event) => {
  const { server_id } = event.params;
  const { actor, permissions } = await openSection(event);
  const asked = listPage(PageQuery, event.url, SHOWN);
  const { invites, next_cursor } = await orErrorPage(invite.list(actor, { server_id, ...asked }));
  const names = await namesIn(
    server_id,
    invites.map(({ created_by }) => created_by),
  );
  return {
    invites: invites.map(({ code, created_by, expires_at, max_uses, use_count }) => ({
      code,
      link: `${publicOrigin(event)}/invite/${code}`,
      by: created_by === actor.user_id ? "you" : (names[created_by] ?? "somebody who left"),
      expiresAt: expires_at,
      maxUses: max_uses,
      useCount: use_count,
    })),
    isContinued: asked.cursor !== undefined,
    next: next_cursor,
    mayInvite: permissions.includes("create_invites"),
    seesAll: permissions.includes("manage_server"),
    now: Date.now(),
  };
};

export const actions: Actions = {
  revoke: formAction<{ server_id: string }>(async ({ actor, form, params }) => {
    await invite.revoke(actor, { ...params, code: formText(form, "code") });
    return "The invite was revoked. Nobody can join by it any more.";
  }),
};
