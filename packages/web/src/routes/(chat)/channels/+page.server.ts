import { inviteCodeFromText } from "$lib/next-path";
import { formText } from "$lib/server/form-text";
import { problemOf } from "$lib/server/refusals";
import { isAppError } from "@agora/core/error";
import { errorStatus } from "@agora/core/protocol/error-status";
import { CreateServerBody } from "@agora/core/protocol/server";
import * as server from "@agora/core/server";
import { fail, redirect } from "@sveltejs/kit";
import * as v from "valibot";
import type { Actions } from "./$types";

export const actions: Actions = {
  create: async ({ locals, request }) => {
    if (!locals.actor) redirect(303, "/login?next=/channels");
    const name = formText(await request.formData(), "name");
    const refuse = (status: number, problem: string) => fail(status, { name, nameProblem: problem, link: "", linkProblem: "" });
    const parsed = v.safeParse(CreateServerBody, { name });
    if (!parsed.success) return refuse(400, problemOf("The name", parsed.issues));
    let created;
    try {
      created = await server.create(locals.actor, parsed.output);
    } catch (refusal) {
      if (!isAppError(refusal)) throw refusal;
      return refuse(errorStatus[refusal.code], refusal.message);
    }
    redirect(303, `/channels/${created.id}/${created.channels[0]?.id ?? ""}`);
  },

  open: async ({ request }) => {
    const link = formText(await request.formData(), "link");
    const code = inviteCodeFromText(link);
    if (code) redirect(303, `/invite/${code}`);
    return fail(400, { name: "", nameProblem: "", link, linkProblem: "That does not look like an invite. Paste the whole link." });
  },
};
