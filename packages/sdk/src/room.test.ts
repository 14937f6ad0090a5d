import { describe, expect, test } from "vitest";
import { inRoom, ROOM_TOPIC, roomWorld, said } from "./testing/room-world";
import { MINUTE, onlineSignal, SECOND } from "./testing/realtime-world";

describe("coming in", () => {
  test("takes a ticket, and asks with the alias and the code", async () => {
    const { room, clock, socket, asked, letIn } = roomWorld();
    expect(room.view.state).toBe("left");
    room.join({ alias: "Ann", code: "sesame" });
    expect(room.view.state).toBe("connecting");
    await clock.pass(0);
    expect(socket().url).toBe("wss://agora.test/ws?ticket=t%2F1");
    expect(asked("join")).toMatchObject({ room: "den", alias: "Ann", code: "sesame" });
    expect(asked("join")).not.toHaveProperty("after");
    letIn({ messages: [said(1)], head: 1, has_more: true });
    expect(room.view).toMatchObject({ state: "in", alias: "Ann", members: ["Ann", "Bob"], count: 2, hasMore: true, error: null });
    expect(room.view.expiresAfterMs).toBe(24 * 60 * MINUTE);
  });

  test("without an alias asks for none, and keeps the one that is given", async () => {
    const { room, clock, socket, asked, letIn } = roomWorld();
    room.join();
    await clock.pass(0);
    expect(asked("join")).not.toHaveProperty("alias");
    letIn({ alias: "swift otter 42" });
    socket().close();
    await clock.pass(SECOND);
    expect(asked("join")).toMatchObject({ alias: "swift otter 42" });
  });

  test.each(["room.alias_taken", "room.code_required", "room.code_wrong", "room.full", "room.closed"] as const)(
    "refused with %s waits for somebody, and comes in when asked again",
    async (code) => {
      const { room, clock, sockets, socket, asked, answer, letIn } = roomWorld();
      room.join({ alias: "Bob", code: "wrong" });
      await clock.pass(0);
      answer("join", { type: "error", code, error: "No." });
      expect(room.view).toMatchObject({ state: "refused", error: { code }, retryAt: null });
      expect(socket().isClosed).toBe(true);
      await clock.pass(10 * MINUTE);
      expect(sockets.all).toHaveLength(1);
      room.join({ alias: "Ann" });
      await clock.pass(0);
      expect(asked("join")).toMatchObject({ alias: "Ann", code: "wrong" });
      letIn();
      expect(room.view).toMatchObject({ state: "in", error: null });
    },
  );

  test("refused for a while waits as long as is asked for", async () => {
    const { room, clock, sockets, answer } = roomWorld();
    room.join();
    await clock.pass(0);
    answer("join", { type: "error", code: "limit.join", error: "Too often.", retry_after_ms: 40_000 });
    expect(room.view).toMatchObject({ state: "waiting", retryAt: clock.now() + 40_000, error: { code: "limit.join" } });
    await clock.pass(39 * SECOND);
    expect(sockets.all).toHaveLength(1);
    await clock.pass(SECOND);
    expect(sockets.all).toHaveLength(2);
  });

  test("under another alias stays in when that one is taken", async () => {
    const { room, answer, letIn, sockets } = await inRoom();
    room.join({ alias: "Bob" });
    answer("join", { type: "error", code: "room.alias_taken", error: "Taken." });
    expect(room.view).toMatchObject({ state: "in", alias: "Ann", error: { code: "room.alias_taken" } });
    room.join({ alias: "Anna" });
    letIn({ alias: "Anna", members: ["Anna", "Bob"] });
    expect(room.view).toMatchObject({ state: "in", alias: "Anna", error: null });
    expect(sockets.all).toHaveLength(1);
  });
});

describe("coming back", () => {
  test("asks for what was said behind the last message, and shows it behind it", async () => {
    const { room, clock, socket, asked, letIn, push, seqs } = await inRoom({ messages: [said(1)], head: 1 });
    push(said(2));
    socket().close();
    expect(room.view).toMatchObject({ state: "waiting", retryAt: clock.now() + 250, members: ["Ann", "Bob"] });
    await clock.pass(250);
    expect(asked("join")).toMatchObject({ alias: "Ann", after: 2 });
    letIn({ messages: [said(3), said(4)], head: 4, has_more: true });
    expect(seqs()).toEqual([1, 2, 3, 4]);
    expect(room.view).toMatchObject({ state: "in", hasMore: false });
  });

  test("to more than fits one answer begins anew", async () => {
    const { room, clock, socket, letIn, seqs } = await inRoom({ messages: [said(1)], head: 1 });
    socket().close();
    await clock.pass(SECOND);
    letIn({ messages: [said(90), said(91)], head: 91, gap: true, has_more: true });
    expect([seqs(), room.view.hasMore]).toEqual([[90, 91], true]);
  });

  test("does not wait when the network is back, or somebody looks at the page", async () => {
    for (const kind of ["online", "visible"] as const) {
      const { signal, emit } = onlineSignal();
      const { clock, sockets, socket } = await inRoom({}, { onlineSignal: signal, random: () => 0.999 });
      socket().close();
      emit(kind);
      await clock.pass(0);
      expect(sockets.all).toHaveLength(2);
    }
  });

  test("after sleep looks whether the connection is still there", async () => {
    const { signal, emit } = onlineSignal();
    const { room, clock, socket } = await inRoom({}, { onlineSignal: signal });
    emit("visible");
    expect(socket().actions("ping")).toHaveLength(1);
    await clock.pass(5 * SECOND);
    expect([socket(0).isClosed, room.view.state]).toEqual([true, "waiting"]);
  });

  test("happens before the gateway ends the connection", async () => {
    const { room, clock, sockets, socket, asked, letIn } = await inRoom({ messages: [said(1)], head: 1 });
    socket().onsend = ({ action, id }) => action === "ping" && socket(0).receive({ type: "pong", id });
    await clock.pass(110 * MINUTE);
    expect([sockets.all.length, socket(0).isClosed]).toEqual([2, true]);
    expect(asked("join")).toMatchObject({ alias: "Ann", after: 1 });
    letIn({ head: 1 });
    expect(room.view.state).toBe("in");
  });
});

describe("saying something", () => {
  const sent = (nonce: unknown, seq: number, content = "hello") => ({
    type: "sent",
    message: said(seq, { nonce: String(nonce), content }),
  });

  test("is shown at once, and is one message when it is stored, whatever comes first", async () => {
    const { room, clock, asked, answer, push, seqs } = await inRoom({ head: 4 });
    room.say({ content: "hello", reply_to: 3 });
    expect(room.view.outgoing).toMatchObject([{ body: { content: "hello" } }]);
    await clock.pass(0);
    const { nonce } = asked("send");
    expect(asked("send")).toMatchObject({ topic: ROOM_TOPIC, content: "hello", reply_to: 3, after: 4 });
    push(said(5, { nonce: String(nonce) }));
    answer("send", sent(nonce, 5));
    await clock.pass(0);
    expect([seqs(), room.view.outgoing]).toEqual([[5], []]);
  });

  test("goes out in the order in which it was said", async () => {
    const { room, clock, socket, asked, answer } = await inRoom();
    room.say({ content: "one" });
    room.say({ content: "two" });
    await clock.pass(0);
    expect(
      socket()
        .actions("send")
        .map(({ content }) => content),
    ).toEqual(["one"]);
    answer("send", sent(asked("send").nonce, 1, "one"));
    await clock.pass(0);
    expect(
      socket()
        .actions("send")
        .map(({ content }) => content),
    ).toEqual(["one", "two"]);
  });

  test("too often is held back, and goes out by itself under the same name", async () => {
    const { room, clock, socket, asked, answer } = await inRoom();
    room.say({ content: "hello" });
    await clock.pass(0);
    const { nonce } = asked("send");
    answer("send", { type: "rate_limited", topic: ROOM_TOPIC, error: "Slowly.", retry_after_ms: 12_000 });
    await clock.pass(0);
    expect(room.view.outgoing).toMatchObject([{ state: "pending", delayedBy: "limit.room_messages", retryAt: clock.now() + 12_000 }]);
    await clock.pass(11_999);
    expect(socket().actions("send")).toHaveLength(1);
    await clock.pass(1);
    expect(socket().actions("send")).toHaveLength(2);
    expect(asked("send")).toMatchObject({ nonce, content: "hello" });
    answer("send", sent(nonce, 1));
    await clock.pass(0);
    expect(room.view.outgoing).toEqual([]);
  });

  test("when the answer is lost is said again once, under the same name and behind the same number", async () => {
    const { room, clock, socket, asked, answer, letIn, seqs } = await inRoom({ messages: [said(1)], head: 1 });
    room.say({ content: "hello" });
    await clock.pass(0);
    const { nonce } = asked("send");
    socket().close();
    await clock.pass(SECOND);
    letIn({ messages: [said(2)], head: 2 });
    await clock.pass(0);
    expect(socket().actions("send")).toHaveLength(1);
    expect(asked("send")).toMatchObject({ nonce, content: "hello" });
    expect(asked("send")["after"]).toBeLessThanOrEqual(2);
    answer("send", sent(nonce, 3));
    await clock.pass(MINUTE);
    expect([seqs(), socket().actions("send").length, room.view.outgoing]).toEqual([[1, 2, 3], 1, []]);
  });

  test("when it was stored, though its answer was lost, is not said again", async () => {
    const { room, clock, socket, asked, letIn, seqs } = await inRoom({ messages: [said(1)], head: 1 });
    room.say({ content: "hello" });
    await clock.pass(0);
    const { nonce } = asked("send");
    socket().close();
    await clock.pass(SECOND);
    letIn({ messages: [said(2, { nonce: String(nonce) })], head: 2 });
    await clock.pass(MINUTE);
    expect([seqs(), socket().actions("send"), room.view.outgoing]).toEqual([[1, 2], [], []]);
  });

  test("that is refused has failed, and can be tried again or given up", async () => {
    const { room, clock, asked, answer, socket } = await inRoom();
    room.say({ content: "hello", reply_to: 9 });
    await clock.pass(0);
    const nonce = String(asked("send").nonce);
    answer("send", { type: "error", code: "input.invalid", error: "What you answer is gone." });
    await clock.pass(0);
    expect(room.view.outgoing).toMatchObject([{ state: "failed", error: { code: "input.invalid" } }]);
    room.retry(nonce);
    await clock.pass(0);
    expect(socket().actions("send")).toHaveLength(2);
    room.discard(nonce);
    expect(room.view.outgoing).toEqual([]);
  });

  test("while one is out waits until one is in", async () => {
    const { room, clock, socket, letIn } = await inRoom();
    socket().close();
    room.say({ content: "from a tunnel" });
    await clock.pass(SECOND);
    expect(room.view.outgoing).toHaveLength(1);
    letIn();
    await clock.pass(0);
    expect(
      socket()
        .actions("send")
        .map(({ content }) => content),
    ).toEqual(["from a tunnel"]);
  });

  test("is announced by typing, every eight seconds at most, and sooner after what was said", async () => {
    const { room, clock, socket } = await inRoom();
    room.typing();
    room.typing();
    await clock.pass(8 * SECOND - 1);
    room.typing();
    expect(socket().actions("typing")).toHaveLength(1);
    await clock.pass(1);
    room.typing();
    expect(socket().actions("typing")).toHaveLength(2);
    room.say({ content: "said" });
    await clock.pass(4 * SECOND - 1);
    room.typing();
    expect(socket().actions("typing")).toHaveLength(2);
    await clock.pass(1);
    room.typing();
    expect(socket().actions("typing")).toHaveLength(3);
  });
});

describe("others", () => {
  test("come, go, write and say something", async () => {
    const heard: unknown[] = [];
    const { room, socket, push } = await inRoom(
      {},
      { ontyping: ({ username }) => heard.push(`${username} writes`), onmessage: ({ content }) => heard.push(content) },
    );
    socket().receive({ type: "room_presence", topic: ROOM_TOPIC, room: "den", count: 1, members: ["Ann"] });
    expect(room.view).toMatchObject({ count: 1, members: ["Ann"] });
    socket().receive({ type: "typing", topic: ROOM_TOPIC, user: said(1).author });
    push(said(1));
    socket().receive({ type: "new_message", topic: "room:other", seq: 1, message: said(1) });
    expect(heard).toEqual(["Bob writes", "message 1"]);
  });
});

describe("going", () => {
  test("is told, and ends everything", async () => {
    const { room, clock, sockets, socket } = await inRoom({ messages: [said(1)], head: 1 });
    room.say({ content: "too late" });
    room.leave();
    expect(socket().actions("leave")).toMatchObject([{ room: "den" }]);
    expect([socket().isClosed, room.view.state, room.view.members]).toEqual([true, "left", []]);
    await clock.pass(120 * MINUTE);
    expect([sockets.all.length, clock.pending]).toEqual([1, 0]);
  });

  test("while a ticket is being fetched opens nothing", async () => {
    const { room, clock, sockets } = roomWorld();
    room.join();
    room.leave();
    await clock.pass(MINUTE);
    expect([sockets.all.length, room.view.state]).toEqual([0, "left"]);
  });

  test("happens to all when the room is closed, and what was said is gone", async () => {
    const { room, clock, sockets, socket, seqs } = await inRoom({ messages: [said(1)], head: 1 });
    socket().receive({ type: "room_closed", topic: ROOM_TOPIC, room: "den" });
    expect(room.view).toMatchObject({ state: "refused", error: { code: "room.closed" }, members: [] });
    await clock.pass(10 * MINUTE);
    expect([seqs(), sockets.all.length, socket().isClosed]).toEqual([[], 1, true]);
  });
});

describe("an image", () => {
  const image = { filename: "otter.png", size: 3, content_type: "image/png" };
  const form = { upload: { url: "https://store.test", fields: { key: "pending/upl_1" } }, expires_at: 2_000_000 };

  test("is asked for by the socket, and its id goes into what is said", async () => {
    const { room, asked, answer } = await inRoom();
    const uploading = room.upload(image);
    expect(asked("upload")).toMatchObject({ room: "den", ...image });
    answer("upload", { type: "upload", upload_id: "upl_1", ...form });
    expect(await uploading).toEqual({ id: "upl_1", ...form });
    room.say({ content: "", attachments: [{ id: "upl_1", filename: "otter.png" }] });
    await Promise.resolve();
    expect(asked("send")).toMatchObject({ content: "", attachments: ["upl_1"] });
    expect(room.view.outgoing[0]?.body.attachments).toEqual([{ id: "upl_1", filename: "otter.png" }]);
  });

  test("is refused as the server says, and outside the room, and where the connection breaks", async () => {
    const { room, answer, socket } = await inRoom();
    const refused = room.upload(image);
    answer("upload", { type: "error", code: "limit.uploads", error: "That was too often.", retry_after_ms: 1_000 });
    await expect(refused).rejects.toMatchObject({ code: "limit.uploads", retryAfterMs: 1_000 });
    const lost = room.upload(image);
    socket().close();
    await expect(lost).rejects.toMatchObject({ code: "network" });
    await expect(room.upload(image)).rejects.toMatchObject({ code: "network" });
  });
});
