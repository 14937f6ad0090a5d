import { orErrorPage } from "$lib/server/refusals";
import { friendlyName } from "@agora/core/protocol/friendly-name";
import * as room from "@agora/core/room";
import { redirect } from "@sveltejs/kit";
import { randomInt } from "node:crypto";
import type { PageServerLoad } from "./$types";

/** Readable without an account, as all of a room is. */
export const load: PageServerLoad = async ({ locals, params, setHeaders }) => {
  setHeaders({ "referrer-policy": "same-origin" }); // The address is the key: no other site should learn it.
  const preview = await orErrorPage(room.preview({ room: params.room }));
  if (preview.room !== params.room) redirect(308, `/r/${preview.room}`);
  return {
    preview,
    proposal: friendlyName((max) => randomInt(max)),
    theme: locals.theme,
    reader: { locale: locals.locale, zone: locals.zone },
    now: Date.now(),
  };
};
