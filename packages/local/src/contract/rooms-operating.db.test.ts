import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Clients } from "../testing/clients";
import { image } from "../testing/files";
import { Guests, join, newRoom, say, uploadTo } from "../testing/guests";
import { startStack, uniqueName, type Frame, type Stack } from "../testing/stack";

let stack: Stack;
const clients = new Clients(() => stack);
const guests = new Guests(() => stack, clients);

let operatorKey: string;
beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
  operatorKey = (await import("@agora/core/operator")).operatorKey(); // when the secret is in place
});
afterAll(() => stack.close());
afterEach(() => clients.closeAll());

const asOperator = (signature: string, body?: unknown) =>
  stack.api(signature, { body, headers: { authorization: `Operator ${operatorKey}` } });

/** What is left in the list by which the sockets of an address are counted. */
async function socketsOfThisAddress() {
  await new Promise((resolve) => setTimeout(resolve, 300));
  const [{ digestOfAddress }, { listConnectionsOf }] = await Promise.all([
    import("../../../core/src/guest/token"),
    import("../../../core/src/realtime/store"),
  ]);
  return listConnectionsOf(digestOfAddress(guests.address));
}

describe("the operator", () => {
  test("closes a room: everybody is told and put out, nobody comes in or reads, until it is opened again", async () => {
    const room = newRoom();
    const [ann, bob] = [await guests.come(), await guests.come()];
    await join(ann, room, { alias: "Ann" });
    await join(bob, room, { alias: "Bob" });
    await say(ann, room, "something bad");
    expect((await asOperator(`PUT /rooms/${room}/closed`, { hours: 2 })).status).toBe(204);
    expect(await ann.next(({ type }) => type === "room_closed")).toMatchObject({ room });
    expect((await stack.api(`GET /rooms/${room}`)).body).toMatchObject({ count: 0, closed_until: expect.any(Number) as number });
    const cyd = await guests.come();
    expect((await join(cyd, room)).code).toBe("room.closed");
    expect((await cyd.ask({ action: "messages", room })).code).toBe("room.not_found");
    expect((await guests.api(`POST /rooms/${room}`, {})).body.code).toBe("room.closed");
    expect((await asOperator(`DELETE /rooms/${room}/closed`)).status).toBe(204);
    expect(await join(cyd, room)).toMatchObject({ type: "joined" });
    await clients.closeAll();
    expect(await socketsOfThisAddress()).toEqual([]);
  });

  test("is nobody who has only an account, or a wrong key, or the key as a bearer", async () => {
    const room = newRoom();
    const { token } = await stack.register();
    const wrong = [
      { authorization: "Operator invented" },
      { authorization: `Bearer ${operatorKey}` },
      { authorization: `Operator ${token}` },
    ];
    for (const headers of wrong) expect((await stack.api(`PUT /rooms/${room}/closed`, { body: {}, headers })).status).toBe(403);
    expect((await stack.api(`PUT /rooms/${room}/closed`, { body: {}, token })).body.code).toBe("auth.denied");
    expect((await stack.api(`PUT /rooms/${room}/closed`, { body: {} })).body.code).toBe("auth.required");
    expect((await join(await guests.come(), room)).type).toBe("joined");
  });

  test("closes a room that was never made, and reads what was reported, with the words that are meant", async () => {
    const room = newRoom();
    await asOperator(`PUT /rooms/${room}/closed`, {});
    expect((await join(await guests.come(), room)).code).toBe("room.closed");
    await asOperator(`DELETE /rooms/${room}/closed`);
    const ann = await guests.come();
    await join(ann, room, { alias: "Ann" });
    await say(ann, room, "something bad");
    expect((await guests.api(`POST /rooms/${room}/report`, { reason: "it is bad", seq: 1 })).status).toBe(204);
    expect((await guests.api(`POST /rooms/${room}/report`, { reason: "x", seq: 99 })).body.code).toBe("message.not_found");
    expect((await guests.api(`POST /rooms/${newRoom()}/report`, { reason: "x" })).body.code).toBe("room.not_found");
    const { reports } = (await asOperator("GET /rooms?limit=1")).body as { reports: Frame[] };
    expect(reports).toMatchObject([{ room, reason: "it is bad", said: { seq: 1, alias: "Ann", content: "something bad" } }]);
    expect(JSON.stringify(reports)).not.toContain("guest_id");
  });

  test("sees the images that a report means, until the room is closed", async () => {
    const room = newRoom();
    const ann = await guests.come();
    await join(ann, room, { alias: "Ann" });
    const { message } = await say(ann, room, "", { attachments: [await uploadTo(ann, room, image("bad.png"))] });
    expect((await guests.api(`POST /rooms/${room}/report`, { reason: "look at it", seq: message.seq as number })).status).toBe(204);
    const { reports } = (await asOperator("GET /rooms?limit=1")).body as { reports: Frame[] };
    const [link] = (reports[0]?.said as { images: string[] }).images;
    expect((await fetch(link!)).headers.get("content-type")).toBe("image/png");
    await asOperator(`PUT /rooms/${room}/closed`, {});
    expect((await fetch(link!)).status).toBe(404);
  });
});

describe("a room goes on as a server", () => {
  test("for somebody who is in it and has an account: the others get an invite that works", async () => {
    const room = newRoom();
    const [ann, bob] = [await guests.come(), await guests.come()];
    await join(ann, room, { alias: "Ann" });
    await join(bob, room, { alias: "Bob" });
    const { token } = await stack.register();
    const name = uniqueName("s");
    const moved = await stack.api(`POST /rooms/${room}/server`, { token, body: { name, guest: ann.guest } });
    expect(moved).toMatchObject({ status: 201, body: { server: { name }, invite: { server_name: name } } });
    const { message } = await bob.next(({ type }) => type === "new_message");
    expect(message).toMatchObject({
      author: { id: null, username: "Ann" },
      content: expect.stringContaining(`/invite/${moved.body.invite.code}`) as string,
    });
    const other = await stack.register();
    expect((await stack.api(`POST /invites/${moved.body.invite.code}/join`, { token: other.token })).status).toBe(200);
  });

  test("for nobody else: not without an account, not with another guest's or no token, not twice under one name", async () => {
    const room = newRoom();
    const [ann, bob] = [await guests.come(), await guests.come()];
    await join(ann, room);
    const { token } = await stack.register();
    const tries = [{ guest: bob.guest }, { guest: "invented" }, {}];
    for (const more of tries)
      expect((await stack.api(`POST /rooms/${room}/server`, { token, body: { name: uniqueName("s"), ...more } })).body.code).toBe(
        "room.not_found",
      );
    expect((await stack.api(`POST /rooms/${room}/server`, { body: { name: uniqueName("s"), guest: ann.guest } })).status).toBe(401);
    const name = uniqueName("s");
    expect((await stack.api(`POST /rooms/${room}/server`, { token, body: { name, guest: ann.guest } })).status).toBe(201);
    expect((await stack.api(`POST /rooms/${room}/server`, { token, body: { name, guest: ann.guest } })).body.code).toBe(
      "server.name_taken",
    );
  });
});
