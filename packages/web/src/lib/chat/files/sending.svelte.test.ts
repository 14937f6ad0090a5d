import { expect, test } from "vitest";
import { message, messages, page, settled, world } from "../testing/world";

const file = { id: "upl_1", filename: "plan.pdf", size: 3 };
const refusal = { error: "This file is used already. Upload it once more.", code: "upload.used", request_id: "r" };

/** A channel from which a message with a file was sent, and refused. */
async function refused(content: string) {
  const { client, request, ...rest } = world();
  client.realtime.connect();
  const timeline = client.open({ server_id: "srv_1", channel_id: "chn_1" }, page(messages(1, 2)));
  timeline.follow();
  await settled();
  timeline.answering = timeline.rows[0] as typeof timeline.answering;
  timeline.send(content, [file]);
  await settled();
  const sent = request();
  sent.answer(409, refusal);
  await settled();
  const row = timeline.rows.at(-1);
  return { ...rest, client, timeline, request, sent, key: row?.key ?? "", row };
}

test("a message names its files to the server by their ids, and to its writer by their names", async () => {
  const { sent, row } = await refused("look");
  expect(sent.body).toMatchObject({ content: "look", attachments: ["upl_1"], reply_to: 1 });
  expect(row?.outgoing).toEqual({ state: "failed", problem: refusal.error, files: [file] });
});

test("one whose files were refused is sent without them, as an answer to the same", async () => {
  const { timeline, request, key } = await refused("look");
  timeline.sendBare(key);
  await settled();
  expect(request().body).toMatchObject({ content: "look", attachments: [], reply_to: 1 });
  expect(timeline.rows.filter(({ outgoing }) => outgoing)).toHaveLength(1);
});

test("or it is written again: nothing of it is lost, nor of what was being written meanwhile", async () => {
  const { timeline, key } = await refused("look");
  timeline.draft = "and more";
  expect(timeline.rewrite(key)).toBe(false); // its file is not known here: it is to be chosen again
  expect([timeline.draft, timeline.answering?.seq]).toEqual(["look\nand more", 1]);
  expect(timeline.rows.some(({ outgoing }) => outgoing)).toBe(false);
});

test("new links to files are taken in although the message has not changed", async () => {
  const { client, request } = world();
  const attachment = { ...file, content_type: "text/plain", width: null, height: null, url: "old" };
  const timeline = client.open({ server_id: "srv_1", channel_id: "chn_1" }, page([message(1, { attachments: [attachment] })]));
  const renewed = timeline.renewFiles(1);
  await settled();
  const fresh = message(1, { attachments: [{ ...attachment, url: "new" }] });
  request().answer(200, { messages: [fresh], has_more: false, head: 1 });
  await renewed;
  expect(timeline.rows[0]?.attachments?.[0]?.url).toBe("new");
});
