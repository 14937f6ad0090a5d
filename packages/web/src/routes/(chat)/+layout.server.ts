import { orErrorPage } from "$lib/server/refusals";
import * as account from "@agora/core/account";
import * as conversation from "@agora/core/conversation";
import { limits } from "@agora/core/protocol/limits";
import * as server from "@agora/core/server";
import { redirect } from "@sveltejs/kit";
import type { LayoutServerLoad } from "./$types";

/** More servers than a person looks at; the page says when there are more. */
const SERVERS_SHOWN = 100;

export const load: LayoutServerLoad = async ({ locals, url, depends }) => {
  depends("agora:servers");
  const { actor } = locals;
  if (!actor) redirect(303, `/login?next=${encodeURIComponent(url.pathname + url.search)}`);
  // Without a script, further back in the list of conversations.
  const cursor = url.searchParams.get("older") ?? undefined;
  const [me, { servers }, conversations] = await orErrorPage(
    Promise.all([
      account.me(actor),
      server.list(actor, { limit: SERVERS_SHOWN }),
      conversation.list(actor, { limit: limits.pageDefault, cursor }),
    ]),
  );
  return { me, servers, conversations, theme: locals.theme, reader: { locale: locals.locale, zone: locals.zone }, now: Date.now() };
};
