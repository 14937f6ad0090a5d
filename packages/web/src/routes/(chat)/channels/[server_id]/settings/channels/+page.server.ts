import { formAction } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { orErrorPage } from "$lib/server/refusals";
import { openSection } from "$lib/server/server-section";
import { orderAfter } from "$lib/settings/order";
import * as channel from "@agora/core/channel";
import * as server from "@agora/core/server";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const { actor } = await openSection(event, "manage_channels");
  const { channels } = await orErrorPage(server.get(actor, { server_id: event.params.server_id }));
  return {
    channels: channels.map((channel) => ({
      id: channel.id,
      name: channel.name,
      category: channel.category,
      topic: channel.topic,
      isPrivate: channel.private,
      slowModeSeconds: channel.slow_mode_seconds,
    })),
  };
};

export const actions: Actions = {
  move: formAction<{ server_id: string }>(async ({ actor, form, params }) => {
    const { server_id } = params;
    const { channels } = await server.get(actor, { server_id });
    const channelId = formText(form, "channel_id");
    const category = formText(form, "category");
    const direction = formText(form, "direction") === "up" ? "up" : "down";
    const order = orderAfter(channels, channelId ? { channelId } : { category }, direction);
    await channel.reorder(actor, { server_id, order });
    const name = channelId ? `#${channels.find(({ id }) => id === channelId)?.name ?? "channel"}` : category;
    return `Moved ${name} ${direction}.`;
  }),
};
