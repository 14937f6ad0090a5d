import { formText } from "$lib/server/form-text";
import type { Account } from "@agora/core/actor";
import * as member from "@agora/core/member";
import { limits } from "@agora/core/protocol/limits";
import * as server from "@agora/core/server";
import { FormProblem } from "./form-action";
import { findByUsername } from "./members";
import { orErrorPage } from "./refusals";
import { namesIn } from "./server-section";

/** What the form of a channel offers: who could be let into a private one, and the categories that there are. */
export async function channelFormOffers(actor: Account, server_id: string, allowedUserIds: readonly string[]) {
  const [{ channels, roles }, { members }, names] = await orErrorPage(
    Promise.all([
      server.get(actor, { server_id }),
      member.list(actor, { server_id, limit: limits.pageMax }),
      namesIn(server_id, allowedUserIds),
    ]),
  );
  return {
    categories: [...new Set(channels.map(({ category }) => category))].filter((category) => category !== null),
    // Everyone has the last one: letting it in would make the channel open.
    roles: roles.slice(0, -1).map(({ id, name, color }) => ({ id, name, color })),
    usernames: members.map(({ user }) => user.username),
    allowedMembers: allowedUserIds.map((id) => ({ id, name: names[id] ?? "Somebody who left" })),
  };
}

export type ChannelFormOffers = Awaited<ReturnType<typeof channelFormOffers>>;

/** What the form says, for the schema of a new or changed channel. @throws FormProblem for a username that no member has */
export async function channelIn(actor: Account, server_id: string, form: FormData) {
  const added = formText(form, "usernames")
    .split(/[\s,]+/)
    .filter((name) => name !== "");
  const found = await Promise.all(added.map(async (name) => ({ name, member: await findByUsername(actor, server_id, name) })));
  const unknown = found.filter(({ member }) => !member).map(({ name }) => `“${name}”`);
  if (unknown.length > 0) throw new FormProblem({ usernames: `No member is called ${unknown.join(" or ")}.` });
  return {
    name: formText(form, "name"),
    topic: formText(form, "topic"),
    category: formText(form, "category"),
    slow_mode_seconds: Number(formText(form, "slow_mode_seconds")),
    private: form.has("private"),
    allowed_role_ids: form.getAll("allowed_role_ids"),
    allowed_user_ids: [...form.getAll("allowed_user_ids"), ...found.flatMap(({ member }) => member?.user_id ?? [])],
  };
}
