import { formAction, parseForm } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { powersOver, rolesChosen } from "$lib/server/standing";
import { findMemberships, openSection } from "$lib/server/server-section";
import { banDeletions } from "$lib/settings/durations";
import * as member from "@agora/core/member";
import { BanBody, UpdateMemberBody } from "@agora/core/protocol/member";
import { asMember } from "@agora/core/server/access";
import { error, redirect } from "@sveltejs/kit";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const { server_id, user_id } = event.params;
  const mine = await openSection(event);
  const theirs = (await findMemberships(server_id, [user_id])).get(user_id);
  if (!theirs) error(404, { message: "There is no such member in this server.", code: "member.not_found" });
  const { user, nickname, joined_at, timeout_until } = theirs.member;
  const isTimedOut = timeout_until !== null && timeout_until > Date.now();
  return {
    user,
    nickname,
    joinedAt: joined_at,
    timeoutUntil: isTimedOut ? timeout_until : null,
    isOwner: theirs.isOwner,
    ...powersOver(mine, theirs),
  };
};

type Params = { server_id: string; user_id: string };

export const actions: Actions = {
  nickname: formAction<Params>(async ({ actor, form, params }) => {
    const { nickname } = parseForm(UpdateMemberBody, { nickname: formText(form, "nickname") });
    await member.update(actor, { ...params, nickname });
    return nickname ? "The nickname was saved." : "The nickname was taken away.";
  }),

  roles: formAction<Params>(async ({ actor, form, params }) => {
    const mine = await asMember(actor, params.server_id);
    const theirs = (await findMemberships(params.server_id, [params.user_id])).get(params.user_id);
    const role_ids = theirs ? rolesChosen(form, mine, theirs) : [];
    await member.update(actor, { ...params, role_ids });
    return "The roles were saved.";
  }),

  timeout: formAction<Params>(async ({ actor, form, params }) => {
    const seconds = Number(formText(form, "seconds"));
    const { timeout_until } = parseForm(UpdateMemberBody, { timeout_until: Date.now() + seconds * 1000 });
    await member.update(actor, { ...params, timeout_until });
    return "The time-out has begun.";
  }),

  endTimeout: formAction<Params>(async ({ actor, params }) => {
    await member.update(actor, { ...params, timeout_until: null });
    return "The time-out was ended.";
  }),

  kick: formAction<Params>(async ({ actor, params }) => {
    await member.remove(actor, params);
    redirect(303, `/channels/${params.server_id}/settings/members`);
  }),

  ban: formAction<Params>(async ({ actor, form, params }) => {
    const hours = Number(formText(form, "delete_message_hours"));
    const delete_message_hours = banDeletions.some(({ value }) => value === hours) ? hours : 0;
    await member.ban(actor, { ...params, ...parseForm(BanBody, { reason: formText(form, "reason"), delete_message_hours }) });
    redirect(303, `/channels/${params.server_id}/settings/bans`);
  }),
};
