import { describe, expect, test } from "vitest";
import { MessageActions } from "./message-actions.svelte";
import { me, message, page, settled, world } from "./testing/world";

/** The menu of the message 2, which the reader has said, or somebody else. */
function acting({ isOwn = false, canModerate = false } = {}) {
  const { client, ...rest } = world();
  const said = [message(1), message(2, isOwn ? { author: { ...message(2).author, id: me.id } } : { mentions: [me.id] })];
  const timeline = client.open({ server_id: "srv_1", channel_id: "chn_1" }, page(said));
  const row = { ...timeline.rows[1]!, seq: 2 };
  let ends = 0;
  const actions = new MessageActions({ timeline, row, meId: me.id, canModerate, onend: () => ends++ });
  return { ...rest, timeline, actions, ends: () => ends };
}
const path = "/api/servers/srv_1/channels/chn_1/messages/2";

test("own messages can be deleted, those of others with the right", () => {
  const can = (options: Parameters<typeof acting>[0]) => acting(options).actions.canDelete;
  expect([can({ isOwn: true }), can({}), can({ canModerate: true })]).toEqual([true, false, true]);
});

test("a link leads to the message", () => {
  expect(acting().actions.href).toBe("/channels/srv_1/chn_1?around=2#m-2");
});

describe("deleting", () => {
  test("an own message happens at once, and it is gone before the server tells everybody", async () => {
    const { actions, request, timeline, ends } = acting({ isOwn: true });
    void actions.chooseDelete();
    await settled();
    expect([request().method, request().path, actions.asks, actions.isBusy]).toEqual(["DELETE", path, null, true]);
    request().answer(204, null);
    await settled();
    expect(timeline.rows.map(({ content }) => content)).toEqual(["message 1", null]);
    expect([ends(), actions.isBusy]).toEqual([1, false]);
  });

  test("what somebody else said is asked about first, and names nobody any more", async () => {
    const { actions, asked, request, timeline, ends } = acting({ canModerate: true });
    void actions.chooseDelete();
    expect([actions.asks, asked.length, actions.name]).toEqual(["delete", 0, "ilya"]);
    void actions.remove();
    void actions.remove();
    await settled();
    expect(asked.length).toBe(1);
    request().answer(204, null);
    await settled();
    expect(timeline.find(2)).toMatchObject({ content: null, mentions: [], revision: 2 });
    expect(ends()).toBe(1);
  });

  test("that failed says why, and can be tried again", async () => {
    const { actions, request, timeline, ends } = acting({ isOwn: true });
    void actions.chooseDelete();
    await settled();
    request().breakOff();
    await settled();
    expect([actions.asks, actions.problem, ends()]).toEqual(["delete", "The server could not be reached.", 0]);
    expect(timeline.find(2)?.content).toBe("message 2");
    void actions.remove();
    expect(actions.problem).toBeNull();
    await settled();
    request().answer(204, null);
    await settled();
    expect([timeline.find(2)?.content, ends()]).toEqual([null, 1]);
  });
});

describe("reporting", () => {
  test("takes a reason, and says that it arrived", async () => {
    const { actions, request, ends } = acting();
    actions.chooseReport();
    void actions.report("it hurts");
    await settled();
    expect([request().method, request().path, request().body]).toEqual(["POST", `${path}/report`, { reason: "it hurts" }]);
    request().answer(204, null);
    await settled();
    expect([actions.asks, actions.isReported, ends()]).toEqual(["report", true, 0]);
  });

  test("that is refused says why", async () => {
    const { actions, request } = acting();
    actions.chooseReport();
    void actions.report("");
    await settled();
    request().answer(429, { code: "limit.report", error: "That was too often." });
    await settled();
    expect([actions.asks, actions.isReported, actions.problem]).toEqual(["report", false, "That was too often."]);
  });
});
