import { formAction, parseForm } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { listPage } from "$lib/server/list-page";
import { orErrorPage } from "$lib/server/refusals";
import { PutTopicBody, TopicName, TopicPageQuery } from "@agora/core/protocol/stream";
import * as stream from "@agora/core/stream";
import { redirect } from "@sveltejs/kit";
import * as v from "valibot";
import type { Actions, PageServerLoad } from "./$types";

const SHOWN = 25;

export const load: PageServerLoad = async ({ locals, url }) => {
  const { actor } = locals;
  if (!actor) redirect(303, `/login?next=${encodeURIComponent(url.pathname)}`);
  const asked = listPage(TopicPageQuery, url, SHOWN);
  const { topics, next_cursor } = await orErrorPage(stream.list(actor, asked));
  return { topics, isContinued: asked.cursor !== undefined, next: next_cursor };
};

const NewTopic = v.strictObject({ ...PutTopicBody.entries, topic: TopicName });

export const actions: Actions = {
  create: formAction(async ({ actor, form }) => {
    const hours = formText(form, "retention_hours");
    const typed = parseForm(NewTopic, {
      topic: formText(form, "topic").trim(),
      description: formText(form, "description"),
      retention_hours: hours === "" ? null : Number(hours),
    });
    await stream.create(actor, typed);
    redirect(303, `/account/topics/${typed.topic}`);
  }),
};
