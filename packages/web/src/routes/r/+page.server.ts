import { FormProblem, openFormAction, parseForm } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { IS_THERE, ROOM_HOURS } from "$lib/room/making";
import { callerAddress } from "@agora/core/edge";
import { isAppError } from "@agora/core/error";
import { friendlyRoomName } from "@agora/core/protocol/friendly-name";
import { limits } from "@agora/core/protocol/limits";
import { CreateRoomBody, RoomName } from "@agora/core/protocol/room";
import * as room from "@agora/core/room";
import { redirect } from "@sveltejs/kit";
import { randomInt } from "node:crypto";
import * as v from "valibot";
import type { Actions, PageServerLoad } from "./$types";

const Form = v.object({
  room: RoomName,
  code: CreateRoomBody.entries.code,
  hours: v.pipe(
    v.string(),
    v.toNumber(),
    v.picklist(
      ROOM_HOURS.map(({ value }) => value),
      "is not one of those",
    ),
  ),
});

export const load: PageServerLoad = ({ locals }) => ({
  proposal: friendlyRoomName((max) => randomInt(max)),
  hours: limits.roomHours.default,
  theme: locals.theme,
});

export const actions: Actions = {
  default: openFormAction(async ({ form, event }) => {
    const { hours, ...made } = parseForm(Form, {
      room: formText(form, "room").trim(),
      code: formText(form, "code") || null,
      hours: formText(form, "hours"),
    });
    const address = callerAddress((name) => event.request.headers.get(name), event.getClientAddress());
    await room.create({ kind: "anonymous", address }, { ...made, ttl_hours: hours }).catch((refusal: unknown) => {
      throw isAppError(refusal, "room.exists") ? new FormProblem({ room: IS_THERE }) : refusal;
    });
    redirect(303, `/r/${made.room}`);
  }),
};
