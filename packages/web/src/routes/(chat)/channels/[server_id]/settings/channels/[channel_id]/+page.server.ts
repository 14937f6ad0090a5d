import { channelFormOffers, channelIn } from "$lib/server/channel-form";
import { formAction, parseForm } from "$lib/server/form-action";
import { orErrorPage } from "$lib/server/refusals";
import { openSection } from "$lib/server/server-section";
import * as channel from "@agora/core/channel";
import { UpdateChannelBody } from "@agora/core/protocol/channel";
import { inChannel } from "@agora/core/server/access";
import { redirect } from "@sveltejs/kit";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const { server_id, channel_id } = event.params;
  const { actor } = await openSection(event, "manage_channels");
  const { channel } = await orErrorPage(inChannel(actor, server_id, channel_id, "manage_channels"));
  return { channel, offers: await channelFormOffers(actor, server_id, channel.allowed_user_ids) };
};

export const actions: Actions = {
  save: formAction<{ server_id: string; channel_id: string }>(async ({ actor, form, params }) => {
    const body = parseForm(UpdateChannelBody, await channelIn(actor, params.server_id, form));
    await channel.update(actor, { ...params, ...body });
    return "Saved.";
  }),

  remove: formAction<{ server_id: string; channel_id: string }>(async ({ actor, params }) => {
    await channel.remove(actor, params);
    redirect(303, `/channels/${params.server_id}/settings/channels`);
  }),
};
