import { useSockets } from "@agora/core/realtime/sockets";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { startStack, type Person, type Stack } from "../testing/stack";

/** One contract for both ways in which a frame can reach a socket. */
export function describeRemoval(push: "management" | "in-process"): void {
  let stack: Stack;
  let world: Community;
  const clients = new Clients(() => stack);
  beforeAll(async () => {
    stack = await startStack({ push });
  });
  afterAll(() => stack.close());
  beforeEach(async () => {
    world = await startCommunity(stack);
  });
  afterEach(async () => {
    await clients.closeAll();
  });

  const remove = (by: Person, userId: string) => stack.api(`DELETE /servers/${world.serverId}/members/${userId}`, { token: by.token });
  const read = (who: Person, path: string) => stack.api(`GET ${path}`, { token: who.token });
  const listen = (who: Person, ...topics: string[]) => clients.listen(who, ...topics);
  const everyTopic = (who: Person) => [world.topic, `server:${world.serverId}`, `user:${who.user.id}`];

  describe("removing a member", () => {
    test("is for those who may; the owner stays; who is no member is not found", async () => {
      const other = await stack.register();
      await world.join(other);
      const answers = [
        await remove(world.guest, other.user.id),
        await remove(world.owner, (await stack.register()).user.id),
        await remove(world.owner, "usr_%00"),
        await remove(world.guest, world.owner.user.id),
        await remove(world.owner, "@me"),
        await remove(world.owner, world.owner.user.id),
        await remove(await stack.register(), other.user.id),
      ];
      expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
        [403, "auth.denied"],
        [404, "member.not_found"],
        [404, "member.not_found"],
        [403, "auth.denied"],
        [409, "server.owner_must_transfer"],
        [409, "server.owner_must_transfer"],
        [404, "server.not_found"],
      ]);
      expect((await read(world.owner, `/servers/${world.serverId}`)).body.member_count).toBe(3);
    });

    test("ends all that they may hear and read before it is acknowledged, and says so to both sides", async () => {
      const gone = await listen(world.guest, ...everyTopic(world.guest));
      const stays = await listen(world.owner, `server:${world.serverId}`);
      expect((await remove(world.owner, world.guest.user.id)).status).toBe(204);
      expect(gone.socket.readyState).toBe(gone.socket.CLOSED);
      expect(gone.frames.filter(({ type }) => type === "kicked")).toEqual([
        { type: "kicked", topic: `user:${world.guest.user.id}`, server_id: world.serverId, reason: "kick" },
      ]);
      await stays.next(({ type, user_id }) => type === "member_left" && user_id === world.guest.user.id);
      for (const path of ["", "/members", `/channels/${world.channelId}/messages`]) {
        expect((await read(world.guest, `/servers/${world.serverId}${path}`)).body.code).toBe("server.not_found");
      }
      const back = await stack.connect(world.guest.token);
      clients.add(back);
      const { topics, denied } = await back.ask({ action: "subscribe", topics: everyTopic(world.guest).map((topic) => ({ topic })) });
      expect([topics.map(({ topic }: { topic: string }) => topic), denied]).toEqual([
        [`user:${world.guest.user.id}`],
        [world.topic, `server:${world.serverId}`],
      ]);
      expect((await read(world.owner, `/servers/${world.serverId}`)).body.member_count).toBe(1);
    });

    test("of 10 that are made at once, one removes, and the count is right", async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => remove(world.owner, world.guest.user.id)));
      expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(9).fill(404)]);
      expect((await read(world.owner, `/servers/${world.serverId}`)).body.member_count).toBe(1);
    });

    test("in the middle of talk: nothing that is pushed reaches them after the acknowledgement", async () => {
      const gone = await listen(world.guest, ...everyTopic(world.guest));
      let isTalking = true;
      const talk = Array.from({ length: 4 }, async (_, speaker) => {
        for (let i = 0; isTalking; i++) {
          await stack.api(`POST ${world.path}`, { token: world.owner.token, body: { content: `${speaker}.${i}` } });
        }
      });
      await gone.next(({ type }) => type === "new_message");
      expect((await remove(world.owner, world.guest.user.id)).status).toBe(204);
      const heard = gone.frames.length;
      await new Promise((resolve) => setTimeout(resolve, 100));
      isTalking = false;
      await Promise.all(talk);
      expect(gone.frames.length).toBe(heard);
    });

    test("somebody who was removed can come back by an invite, and hears again", async () => {
      await remove(world.owner, world.guest.user.id);
      await world.join(world.guest);
      const back = await listen(world.guest, world.topic);
      await stack.api(`POST ${world.path}`, { token: world.owner.token, body: { content: "welcome back" } });
      await back.next(({ type }) => type === "new_message");
    });
  });

  describe("leaving", () => {
    test("is for everybody, ends all that one's devices hear, and tells the others", async () => {
      const devices = await Promise.all([0, 1].map(() => listen(world.guest, ...everyTopic(world.guest))));
      const stays = await listen(world.owner, `server:${world.serverId}`);
      expect((await remove(world.guest, "@me")).status).toBe(204);
      for (const { socket, frames } of devices) {
        expect(socket.readyState).toBe(socket.CLOSED);
        expect(frames.map(({ type }) => type)).not.toContain("kicked");
      }
      await stays.next(({ type, user_id }) => type === "member_left" && user_id === world.guest.user.id);
      expect((await remove(world.guest, "@me")).body.code).toBe("server.not_found");
    });
  });

  if (push === "management") return;

  describe("a push that is under way", () => {
    afterEach(() => useSockets(stack.sockets));

    test("when somebody is removed does not reach them after the acknowledgement", async () => {
      const gone = await listen(world.guest, world.topic);
      let release = () => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      let isHeld = () => {};
      const held = new Promise<void>((resolve) => (isHeld = resolve));
      useSockets({
        ...stack.sockets,
        async push(ids, frame) {
          if (frame.includes('"new_message"')) {
            isHeld();
            await released;
          }
          return stack.sockets.push(ids, frame);
        },
      });
      const sending = stack.api(`POST ${world.path}`, { token: world.owner.token, body: { content: "too late" } });
      await held; // the message is stored, and its listeners have been looked up
      expect((await remove(world.owner, world.guest.user.id)).status).toBe(204);
      release();
      expect((await sending).status).toBe(201);
      expect(gone.frames.filter(({ type }) => type === "new_message")).toEqual([]);
    });

    test("a removal that ended half way is finished by its repeat", async () => {
      const gone = await listen(world.guest, world.topic);
      let isBroken = true;
      useSockets({
        ...stack.sockets,
        push: (ids, frame) => (isBroken && frame.includes('"kicked"') ? new Promise(() => {}) : stack.sockets.push(ids, frame)), // as if the process had ended
      });
      await listen(world.guest, `user:${world.guest.user.id}`);
      const unfinished = remove(world.owner, world.guest.user.id).catch(() => undefined); // until the stack closes
      await expect.poll(async () => (await read(world.guest, `/servers/${world.serverId}`)).status).toBe(404);
      isBroken = false;
      expect((await remove(world.owner, world.guest.user.id)).body.code).toBe("member.not_found");
      expect(gone.socket.readyState).toBe(gone.socket.CLOSED);
      void unfinished;
    });

    test("a subscribe that is under way when somebody is removed leaves no listener behind", async () => {
      const client = await listen(world.guest, `user:${world.guest.user.id}`);
      const racing = Array.from({ length: 8 }, () =>
        client.ask({ action: "subscribe", topics: [{ topic: world.topic }] }).catch(() => undefined),
      );
      expect((await remove(world.owner, world.guest.user.id)).status).toBe(204);
      const heard = client.frames.length;
      await stack.api(`POST ${world.path}`, { token: world.owner.token, body: { content: "x" } });
      expect(client.frames.length).toBe(heard);
      client.frames.push({ type: "end" });
      await Promise.race([Promise.all(racing), new Promise((resolve) => setTimeout(resolve, 300))]);
    });

    test("a removal whose sockets cannot be closed is not acknowledged; they hear nothing all the same, and the repeat closes them", async () => {
      const gone = await listen(world.guest, world.topic);
      useSockets({ ...stack.sockets, close: (ids) => Promise.resolve(ids) });
      const first = await remove(world.owner, world.guest.user.id);
      expect([first.status, first.body.code]).toEqual([503, "unavailable"]);
      useSockets(stack.sockets);
      await stack.api(`POST ${world.path}`, { token: world.owner.token, body: { content: "x" } });
      expect(gone.frames.filter(({ type }) => type === "new_message")).toEqual([]);
      expect((await remove(world.owner, world.guest.user.id)).body.code).toBe("member.not_found");
      expect(gone.socket.readyState).toBe(gone.socket.CLOSED);
    });
  });
}
