import { channelFormOffers, channelIn } from "$lib/server/channel-form";
import { formAction, parseForm } from "$lib/server/form-action";
import { openSection } from "$lib/server/server-section";
import * as channel from "@agora/core/channel";
import { CreateChannelBody } from "@agora/core/protocol/channel";
import { redirect } from "@sveltejs/kit";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const { actor } = await openSection(event, "manage_channels");
  return { offers: await channelFormOffers(actor, event.params.server_id, []) };
};

export const actions: Actions = {
  default: formAction<{ server_id: string }>(async ({ actor, form, params }) => {
    const { server_id } = params;
    const body = parseForm(CreateChannelBody, { kind: "text", ...(await channelIn(actor, server_id, form)) });
    await channel.create(actor, { server_id, ...body });
    redirect(303, `/channels/${server_id}/settings/channels`);
  }),
};
