import { formAction, FormProblem, parseForm } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { orErrorPage } from "$lib/server/refusals";
import { limits } from "@agora/core/protocol/limits";
import { PutTopicBody } from "@agora/core/protocol/stream";
import * as stream from "@agora/core/stream";
import { redirect } from "@sveltejs/kit";
import type { Actions, PageServerLoad } from "./$types";

/** Messages that are shown at a time. */
const SHOWN = 20;

export const load: PageServerLoad = async ({ locals, params, url }) => {
  const { actor } = locals;
  if (!actor) redirect(303, `/login?next=${encodeURIComponent(url.pathname)}`);
  const topic = await orErrorPage(stream.get(actor, params));
  const newest = Math.max(1, topic.head - SHOWN + 1);
  const asked = Number(url.searchParams.get("from") ?? newest);
  const from = Number.isSafeInteger(asked) && asked >= 1 ? asked : newest;
  const [{ messages, next_offset }, { groups }] = await orErrorPage(
    Promise.all([
      stream.consume(actor, { ...params, offset: from, limit: SHOWN }),
      stream.listGroups(actor, { ...params, limit: limits.groupsPerTopicMax }),
    ]),
  );
  return {
    topic,
    groups,
    now: Date.now(),
    from,
    messages: messages.map(({ offset, key, timestamp, payload }) => ({ offset, key, timestamp, text: JSON.stringify(payload, null, 2) })),
    /** Where the neighbouring pages begin; null: there is none. */
    older: from > 1 ? Math.max(1, from - SHOWN) : null,
    newer: next_offset <= topic.head ? next_offset : null,
    reader: { locale: locals.locale, zone: locals.zone },
  };
};

type Params = { topic: string };

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FormProblem({ payload: "This is not JSON. A text stands in quotes." });
  }
}

export const actions: Actions = {
  produce: formAction<Params>(async ({ actor, form, params }) => {
    const key = formText(form, "key");
    const payload = jsonIn(formText(form, "payload"));
    const { offset } = await stream.produce(actor, { ...params, messages: [{ payload, ...(key === "" ? {} : { key }) }] });
    return `The message was stored under the offset ${offset}.`;
  }),

  update: formAction<Params>(async ({ actor, form, params }) => {
    const hours = formText(form, "retention_hours");
    const typed = parseForm(PutTopicBody, {
      description: formText(form, "description"),
      retention_hours: hours === "" ? null : Number(hours),
    });
    await stream.put(actor, { ...params, ...typed });
    return "The topic was changed.";
  }),

  removeGroup: formAction<Params>(async ({ actor, form, params }) => {
    await stream.removeGroup(actor, { ...params, group: formText(form, "group") });
    return "The group was deleted. A consumer that makes it again begins from the start.";
  }),

  remove: formAction<Params>(async ({ actor, params }) => {
    await stream.remove(actor, params);
    redirect(303, "/account/topics");
  }),
};
