import type { Message } from "@agora/core/protocol/message";
import { describe, expect, test } from "vitest";
import { RowActions } from "./row-actions.svelte";
import { me, message, page, settled, world } from "./testing/world";
import type { StoredRow } from "./timeline-rows";

const TOPIC = "channel:chn_1";
const path = "/api/servers/srv_1/channels/chn_1";
const thumb = (count: number, mine: boolean) => ({ emoji: "👍", count, me: mine });
const mine = { author: { id: me.id, username: me.username, display_name: null, avatar_url: null } };

async function open(said: Message[] = [message(1), message(2, mine)], { mayWrite = true, head = said.length } = {}) {
  const { client, ...rest } = world();
  client.realtime.connect();
  const timeline = client.open({ server_id: "srv_1", channel_id: "chn_1" }, page(said, { head }));
  timeline.follow();
  await settled();
  let writes = 0;
  const actions = new RowActions({
    timeline,
    meId: me.id,
    mayWrite: () => mayWrite,
    mayPin: () => true,
    other: () => undefined,
    onwrite: () => writes++,
    onmenu: () => undefined,
    onpick: () => undefined,
  });
  return {
    ...rest,
    timeline,
    actions,
    writes: () => writes,
    row: (seq: number) => timeline.rows.find((one) => one.seq === seq) as StoredRow,
    update: (changed: Message, reaction?: object) =>
      rest.event({ type: "message_updated", topic: TOPIC, seq: changed.seq, message: changed, ...(reaction ? { reaction } : {}) }),
  };
}

describe("a reaction", () => {
  test("is shown at once, and stays when it is stored, whichever comes first: the answer or the push", async () => {
    for (const pushFirst of [true, false]) {
      const { actions, row, request, update } = await open();
      actions.toggle(row(1), "👍");
      expect(row(1).reactions).toEqual([thumb(1, true)]);
      await settled();
      expect([request().method, request().path]).toEqual(["PUT", `${path}/messages/1/reactions/${encodeURIComponent("👍")}`]);
      const push = () => update(message(1, { revision: 2, reactions: [thumb(1, false)] }), { user_id: me.id, emoji: "👍", added: true });
      if (pushFirst) push();
      expect(row(1).reactions).toEqual([thumb(1, true)]);
      request().answer(204, null);
      await settled();
      expect(row(1).reactions).toEqual([thumb(1, true)]);
      if (!pushFirst) push();
      expect([row(1).reactions, actions.problem]).toEqual([[thumb(1, true)], null]);
    }
  });

  test("that is refused is not there any more, and it is said why", async () => {
    const { actions, row, request } = await open([message(1, { reactions: [thumb(2, false)] })]);
    actions.toggle(row(1), "👍");
    expect(row(1).reactions).toEqual([thumb(3, true)]);
    await settled();
    request().answer(429, { error: "Too often.", code: "limit.reactions", request_id: "r" });
    await settled();
    expect([row(1).reactions, actions.problem]).toEqual([[thumb(2, false)], "Too often."]);
  });

  test("and its taking back, at once, are asked for one after the other", async () => {
    const { actions, row, asked, request } = await open();
    asked.splice(0);
    actions.toggle(row(1), "👍");
    actions.toggle(row(1), "👍");
    await settled();
    expect([row(1).reactions, asked.map(({ method }) => method)]).toEqual([[], ["PUT"]]);
    request().answer(204, null);
    await settled();
    expect(asked.map(({ method }) => method)).toEqual(["PUT", "DELETE"]);
    request().answer(204, null);
    await settled();
    expect(row(1).reactions).toEqual([]);
  });

  test("of others changes the counts, and not what is one's own; on another device it does", async () => {
    const { row, update } = await open([message(1, { reactions: [thumb(1, true)] })]);
    update(message(1, { revision: 2, reactions: [thumb(2, false)] }), { user_id: "usr_2", emoji: "👍", added: true });
    expect(row(1).reactions).toEqual([thumb(2, true)]);
    update(message(1, { revision: 3, reactions: [thumb(1, false)] }), { user_id: me.id, emoji: "👍", added: false });
    expect(row(1).reactions).toEqual([thumb(1, false)]);
  });
});

describe("an answer", () => {
  test("is sent with what it answers, and shows it meanwhile; the next message answers nothing", async () => {
    const { actions, row, timeline, request, writes, stored } = await open();
    actions.reply(row(1));
    expect([timeline.answering?.seq, writes()]).toEqual([1, 1]);
    timeline.send("yes");
    expect([timeline.answering, timeline.rows.at(-1)?.reply_to]).toEqual([null, message(1)]);
    await settled();
    expect(request().body).toMatchObject({ content: "yes", reply_to: 1 });
    request().answer(201, { ...stored(request(), 3), reply_to: { seq: 1, author: message(1).author, content: "message 1" } });
    await settled();
    timeline.send("and no");
    await settled();
    expect(request().body).not.toHaveProperty("reply_to");
  });
});

describe("changing the words", () => {
  test("is for own messages, where one may write", async () => {
    const { actions, row } = await open();
    expect([actions.mayEdit(row(1)), actions.mayEdit(row(2))]).toEqual([false, true]);
    const muted = await open(undefined, { mayWrite: false });
    expect(muted.actions.mayEdit(muted.row(2))).toBe(false);
  });

  test("of the last own message begins with the last that is not deleted, if the end is in sight", async () => {
    const gone = { ...mine, content: null, deleted_at: 1 };
    const here = await open([message(1, mine), message(2), message(3, gone)]);
    here.actions.editLast();
    expect(here.timeline.editing).toBe(1);
    const above = await open([message(1, mine)], { head: 9 });
    above.actions.editLast();
    expect(above.timeline.editing).toBeNull();
    const none = await open([message(1)]);
    none.actions.editLast();
    expect(none.timeline.editing).toBeNull();
  });
});

test("pinning asks for it, and says why it was refused", async () => {
  const { actions, row, request } = await open([message(1), message(2, { pinned: true })]);
  actions.togglePin(row(1));
  await settled();
  expect([request().method, request().path]).toEqual(["PUT", `${path}/pins/1`]);
  actions.togglePin(row(2));
  await settled();
  expect([request().method, request().path]).toEqual(["DELETE", `${path}/pins/2`]);
  request().answer(403, { error: "You may not do that here.", code: "auth.denied", request_id: "r" });
  await settled();
  expect(actions.problem).toBe("You may not do that here.");
});
