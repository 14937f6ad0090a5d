import type { ClientFrame } from "@agora/core/protocol/frames";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Clients } from "../../testing/clients";
import { startStack, type Frame, type Stack } from "../../testing/stack";
import { assemble, callers, makeStage, outsiders, participants, type Caller, type Cast, type Stage } from "./cast";

/* Every action of the socket × everybody who might take it. */

let stack: Stack;
let cast: Cast;
let stage: Stage;
const clients = new Clients(() => stack);
beforeAll(async () => {
  stack = await startStack();
  cast = await assemble(stack);
  stage = await makeStage(cast, undefined);
});
afterAll(() => stack.close());
afterEach(() => clients.closeAll());

/** The topics of a server, and who of its members may not listen. */
const topics: Record<string, { of: (stage: Stage) => string; hiddenFrom: readonly Caller[] }> = {
  channel: { of: ({ channelId }) => `channel:${channelId}`, hiddenFrom: [] },
  "private channel": { of: ({ hiddenChannelId }) => `channel:${hiddenChannelId}`, hiddenFrom: ["member", "moderator", "allBut", "only"] },
  server: { of: ({ serverId }) => `server:${serverId}`, hiddenFrom: [] },
  presence: { of: ({ serverId }) => `presence:${serverId}`, hiddenFrom: [] },
  conversation: { of: ({ cast }) => `dm:${cast.dmId}`, hiddenFrom: callers.filter((caller) => !participants.includes(caller)) },
  "another account": { of: () => `user:${cast.people.extra.user.id}`, hiddenFrom: callers },
  audit: { of: ({ serverId }) => `audit:${serverId}`, hiddenFrom: callers },
  reports: { of: ({ serverId }) => `reports:${serverId}`, hiddenFrom: callers },
  "a connection": { of: () => "connection:x", hiddenFrom: callers },
};
const isDenied = (caller: Caller, hiddenFrom: readonly Caller[]) => outsiders.includes(caller) || hiddenFrom.includes(caller);

type Action = ClientFrame["action"];
type Check = (socket: Awaited<ReturnType<Stack["connect"]>>, caller: Caller) => Promise<void>;

async function checkSaying(socket: Awaited<ReturnType<Stack["connect"]>>, caller: Caller, frame: (topic: string) => object, done: string) {
  for (const name of ["channel", "private channel", "conversation"]) {
    const { of, hiddenFrom } = topics[name] ?? { of: () => "", hiddenFrom: [] };
    const answer: Frame = await Promise.race([
      socket.ask(frame(of(stage))),
      // What is not answered is done.
      ...(done === "" ? [new Promise((resolve) => setTimeout(resolve, 300, { type: "" }))] : []),
    ]);
    const ofServer = outsiders.includes(caller) ? "server.not_found" : "channel.not_found";
    const refused = name === "conversation" ? "conversation.not_found" : ofServer;
    if (isDenied(caller, hiddenFrom)) expect([name, answer.type, answer.code]).toEqual([name, "error", refused]);
    else expect([name, answer.type]).toEqual([name, done]);
  }
}

/** A room that nobody else is in. */
const roomOf = (caller: Caller) => `of-${caller.toLowerCase()}`;

/** An action without a check does not compile. */
const checks: Record<Action, Check> = {
  async subscribe(socket, caller) {
    for (const [name, { of, hiddenFrom }] of Object.entries(topics)) {
      const answer = await socket.ask({ action: "subscribe", topics: [{ topic: of(stage) }] });
      const denied = isDenied(caller, hiddenFrom) ? [of(stage)] : [];
      expect([name, answer.denied]).toEqual([name, denied]);
    }
  },
  async unsubscribe(socket) {
    for (const { of } of Object.values(topics)) {
      const answer = await socket.ask({ action: "unsubscribe", topics: [of(stage)] });
      expect(["unsubscribed", "error"]).toContain(answer.type); // of what one does not listen to, nothing is told either way
      expect(answer.code).not.toBe("internal");
    }
  },
  send: (socket, caller) => checkSaying(socket, caller, (topic) => ({ action: "send", topic, content: "hello" }), "sent"),
  typing: (socket, caller) => checkSaying(socket, caller, (topic) => ({ action: "typing", topic }), ""),
  // Whoever has a socket may be in rooms, under any alias; nobody speaks or reads where they are not.
  async join(socket, caller) {
    expect((await socket.ask({ action: "join", room: roomOf(caller) })).type).toBe("joined");
    expect((await socket.ask({ action: "send", topic: `room:${roomOf(caller)}`, content: "hello" })).type).toBe("sent");
    if (caller === "anonymous") return;
    expect((await socket.ask({ action: "subscribe", topics: [{ topic: `room:${roomOf(caller)}` }] })).denied).toHaveLength(1);
  },
  async leave(socket, caller) {
    await socket.ask({ action: "join", room: roomOf(caller) });
    expect((await socket.ask({ action: "leave", room: roomOf(caller) })).type).toBe("left");
    expect((await socket.ask({ action: "send", topic: `room:${roomOf(caller)}`, content: "hello" })).code).toBe("room.not_found");
  },
  async who(socket, caller) {
    expect((await socket.ask({ action: "who", room: roomOf(caller) })).code).toBe("room.not_found");
    await socket.ask({ action: "join", room: roomOf(caller), alias: "me" });
    expect(await socket.ask({ action: "who", room: roomOf(caller) })).toMatchObject({ type: "who", count: 1, members: ["me"] });
  },
  async messages(socket, caller) {
    expect((await socket.ask({ action: "messages", room: roomOf(caller) })).code).toBe("room.not_found");
    await socket.ask({ action: "join", room: roomOf(caller) });
    expect((await socket.ask({ action: "messages", room: roomOf(caller) })).type).toBe("messages");
  },
  async upload(socket, caller) {
    const frame = { action: "upload", room: roomOf(caller), filename: "a.png", size: 100, content_type: "image/png" };
    expect((await socket.ask(frame)).code).toBe("room.not_found");
    await socket.ask({ action: "join", room: roomOf(caller) });
    expect((await socket.ask(frame)).type).toBe("upload");
  },
  async ping(socket) {
    expect((await socket.ask({ action: "ping" })).type).toBe("pong");
  },
};

describe.each(callers)("%s", (caller) => {
  if (caller === "anonymous") {
    const asGuest = async () => {
      const { status, body } = await stack.api("POST /realtime/ticket");
      expect(status).toBe(201);
      const { ticket, url } = body as { ticket: string; url: string };
      return clients.open(`${url}?ticket=${ticket}`);
    };
    test("gets a guest's ticket, which opens nothing but rooms", async () => {
      const socket = await asGuest();
      for (const { of } of Object.values(topics)) {
        const listening = ["subscribe", "unsubscribe"].map((action) => ({
          action,
          topics: [action === "subscribe" ? { topic: of(stage) } : of(stage)],
        }));
        const saying = [
          { action: "send", topic: of(stage), content: "hello" },
          { action: "typing", topic: of(stage) },
        ];
        for (const frame of [...listening, ...saying]) {
          const answer = await socket.ask(frame);
          expect(answer.type).toBe("error");
          expect(["auth.required", "input.invalid"]).toContain(answer.code); // there is no such topic as `connection:x`
        }
      }
    });
    test.each(["join", "who", "messages", "upload", "leave", "ping"] as const)("%s, as a guest", async (action) => {
      await checks[action](await asGuest(), caller);
    });
  }
  if (caller === "anonymous" || caller === "expired") {
    test("gets no socket without a ticket", async () => {
      if (caller === "expired") expect((await stack.api("POST /realtime/ticket", { token: cast.tokens[caller] })).status).toBe(401);
      for (const query of ["", "?ticket=", "?ticket=invented", `?token=${cast.tokens.owner ?? ""}`]) {
        const { url } = (await stack.api("POST /realtime/ticket", { token: cast.tokens.owner })).body as { url: string };
        await expect(Promise.resolve().then(() => clients.open(`${url}${query}`))).rejects.toThrow("401");
      }
    });
    return;
  }
  test.each(Object.keys(checks) as Action[])("%s", async (action) => {
    const socket = await clients.connect(cast.people[caller]);
    await checks[action](socket, caller);
  });
});
