import { formAction } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { listPage } from "$lib/server/list-page";
import { orErrorPage } from "$lib/server/refusals";
import { findMemberships, namesIn, openSection } from "$lib/server/server-section";
import { PageQuery } from "@agora/core/protocol/primitives";
import * as report from "@agora/core/report";
import * as server from "@agora/core/server";
import type { Actions, PageServerLoad } from "./$types";

const SHOWN = 25;
/** So many messages before the one that was reported are shown with it. */
const CONTEXT = 5;

export const load: PageServerLoad = async (event) => {
  const { server_id } = event.params;
  const { actor } = await openSection(event, "moderate_messages");
  const asked = listPage(PageQuery, event.url, SHOWN);
  const [{ reports, next_cursor }, { channels, roles }] = await orErrorPage(
    Promise.all([report.list(actor, { server_id, ...asked }), server.get(actor, { server_id })]),
  );
  const authors = await findMemberships(
    server_id,
    reports.map(({ message }) => message.author.id),
  );
  const names = await namesIn(
    server_id,
    reports.flatMap(({ message, resolved_by }) => [resolved_by, ...mentionsIn(message.content)]),
  );
  return {
    reports: reports.map(({ message, ...shown }) => ({
      ...shown,
      message,
      channelName: channels.find(({ id }) => id === message.channel_id)?.name,
      href: `/channels/${server_id}/${message.channel_id}?after=${Math.max(0, message.seq - 1 - CONTEXT)}#m-${message.seq}`,
      isAuthorHere: message.author.id !== null && authors.has(message.author.id),
    })),
    names: { ...Object.fromEntries(roles.map(({ id, name }) => [id, name])), ...names },
    isContinued: asked.cursor !== undefined,
    next: next_cursor,
  };
};

const mentionsIn = (content: string | null): string[] => [...(content ?? "").matchAll(/<@(usr_[0-9a-z]{1,60})>/g)].map(([, id = ""]) => id);

export const actions: Actions = {
  resolve: formAction<{ server_id: string }>(async ({ actor, form, params }) => {
    await report.resolve(actor, { ...params, report_seq: formText(form, "report_seq") });
    return "The report is marked as dealt with.";
  }),
};
