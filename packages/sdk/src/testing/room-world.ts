import type { Message } from "@agora/core/protocol/message";
import { createRoom } from "../room";
import type { RoomOptions, RoomView } from "../room";
import { FakeClock } from "./fake-clock";
import { fakeSockets } from "./fake-socket";
import type { FakeSocket } from "./fake-socket";
import { message } from "./message";

export const ROOM_TOPIC = "room:den";

/** What somebody said in the room, when the test's time begins. */
export const said = (seq: number, fields: Partial<Message> = {}): Message =>
  message(seq, {
    log_id: ROOM_TOPIC,
    author: { id: null, username: "Bob", display_name: null, avatar_url: null },
    created_at: 1_000_000,
    ...fields,
  });

/** A room's client on fake time and fake sockets, which open by themselves. What they answer says the test. */
export function roomWorld(options: Partial<RoomOptions> = {}) {
  const clock = new FakeClock();
  const sockets = fakeSockets((socket) => queueMicrotask(() => socket.open()));
  const views: RoomView[] = [];
  let tickets = 0;
  const room = createRoom({
    room: "den",
    getTicket: () => Promise.resolve({ ticket: `t/${++tickets}`, url: "wss://agora.test/ws" }),
    onchange: (view) => views.push(view),
    WebSocket: sockets.WebSocket,
    clock,
    random: () => 0.5,
    onlineSignal: { isOnline: () => true, subscribe: () => () => undefined },
    ...options,
  });
  const socket = (index = -1): FakeSocket => {
    const found = sockets.all.at(index);
    if (!found) throw new Error("no such socket");
    return found;
  };
  /** The last frame of this action. */
  const asked = (action: string) => {
    const frame = socket().actions(action).at(-1);
    if (!frame) throw new Error(`nobody asked for ${action}`);
    return frame;
  };
  const answer = (action: string, frame: object) => socket().receive({ ...frame, id: asked(action).id });
  /** Lets the newest socket in. */
  const letIn = (fields: object = {}) =>
    answer("join", {
      type: "joined",
      room: "den",
      alias: "Ann",
      count: 2,
      members: ["Ann", "Bob"],
      messages: [],
      head: 0,
      has_more: false,
      expires_after_hours: 24,
      ...fields,
    });
  const push = (entry: Message) => socket().receive({ type: "new_message", topic: ROOM_TOPIC, seq: entry.seq, message: entry });
  const seqs = () => room.view.messages.map(({ seq }) => seq);
  return { clock, sockets, socket, views, room, asked, answer, letIn, push, seqs };
}

/** As `roomWorld`, with somebody in the room. */
export async function inRoom(fields: object = {}, options: Partial<RoomOptions> = {}) {
  const world = roomWorld(options);
  world.room.join({ alias: "Ann" });
  await world.clock.pass(0);
  world.letIn(fields);
  return world;
}
