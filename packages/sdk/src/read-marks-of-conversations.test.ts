import { expect, test } from "vitest";
import { createReadMarks } from "./read-marks";
import { message } from "./testing/message";
import { MINUTE, SECOND, world } from "./testing/realtime-world";

/* What is different of conversations: everything that is said in them is pushed to everybody in them. */

const DM = "dm:dm_1";
const said = (seq: number) => ({ type: "new_message", topic: DM, seq, message: message(seq, { log_id: DM }) });

async function marking() {
  const here = world();
  const sent: number[] = [];
  let stale = 0;
  const marks = createReadMarks({
    realtime: here.realtime,
    markRead: (_, seq) => {
      sent.push(seq);
      return Promise.resolve({ last_read: seq, mention_count: 0 });
    },
    onchange: () => undefined,
    onstale: () => {
      stale++;
    },
    clock: here.clock,
    random: () => 0.5,
  });
  here.realtime.listen("user:usr_1", {});
  here.realtime.connect();
  await here.clock.pass(SECOND);
  marks.load([{ topic: DM, head: 2, last_read: 2, mention_count: 0 }], []);
  stale = 0;
  const receive = (frame: unknown) => here.socket(-1).receive(frame);
  const isListened = () => here.socket(-1).sent.some(({ topics = [] }) => topics.some((one) => (one as { topic?: string }).topic === DM));
  return { ...here, marks, sent, receive, isListened, stale: () => stale, mark: () => marks.of(DM) };
}

test("every message raises what is unread, asleep too, and none is waited for: a read one is neither listened to nor asked for again", async () => {
  const { clock, realtime, receive, mark, isListened, stale } = await marking();
  await clock.pass(10 * MINUTE);
  expect([isListened(), stale()]).toEqual([false, 0]);
  receive(said(3));
  realtime.sleep();
  receive(said(4));
  receive(said(4)); // twice, while one connection takes over from another
  expect(mark()).toEqual({ head: 4, last_read: 2, mention_count: 0, unread: true });
  receive({ type: "read", topic: DM, head: 4, last_read: 4, mention_count: 0 }); // on another device
  expect(mark()?.unread).toBe(false);
  await clock.pass(10 * MINUTE);
  expect(isListened()).toBe(false);
});

test("one that is looked at is listened to for as long, and marked", async () => {
  const { clock, marks, receive, sent, mark, socket } = await marking();
  const look = marks.look(DM);
  await clock.pass(SECOND);
  receive(said(3));
  look.shown(3);
  await clock.pass(2 * SECOND);
  expect([sent, mark()?.unread]).toEqual([[3], false]);
  look.stop();
  await clock.pass(SECOND);
  expect(
    socket(-1)
      .sent.filter(({ action }) => action === "unsubscribe")
      .map(({ topics }) => topics),
  ).toEqual([[DM]]);
});
