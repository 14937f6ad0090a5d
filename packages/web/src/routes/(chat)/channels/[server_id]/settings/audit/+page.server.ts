import { listPage } from "$lib/server/list-page";
import { orErrorPage } from "$lib/server/refusals";
import { namesIn, openSection } from "$lib/server/server-section";
import * as audit from "@agora/core/audit";
import { PageQuery } from "@agora/core/protocol/primitives";
import type { AuditEntry } from "@agora/core/protocol/audit";
import * as server from "@agora/core/server";
import type { PageServerLoad } from "./$types";

const SHOWN = 50;

export const load: PageServerLoad = async (event) => {
  const { server_id } = event.params;
  const { actor } = await openSection(event, "manage_server");
  const asked = listPage(PageQuery, event.url, SHOWN);
  const [{ entries, next_cursor }, { roles, channels }] = await orErrorPage(
    Promise.all([audit.page(actor, { server_id, ...asked }), server.get(actor, { server_id })]),
  );
  const named = [...roles, ...channels].map(({ id, name }) => [id, name] as const);
  const names = { ...Object.fromEntries(named), ...(await namesIn(server_id, accountsIn(entries))) };
  return { entries, names, isContinued: asked.cursor !== undefined, next: next_cursor, now: Date.now() };
};

/** The accounts that are told of by their ids alone. */
function accountsIn(entries: readonly AuditEntry[]): string[] {
  const inviters = entries.filter(({ action }) => action === "invite.revoke").flatMap(({ target }) => target?.name ?? []);
  const allowed = entries
    .flatMap(({ changes }) => changes.filter(({ key }) => key === "allowed_user_ids"))
    .flatMap(({ before, after }) => [before, after].flat())
    .filter((id) => typeof id === "string");
  return [...inviters, ...allowed];
}
