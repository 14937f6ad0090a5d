import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Clients } from "../testing/clients";
import { Guests, join, newRoom, type GuestClient } from "../testing/guests";
import { startStack, type Stack } from "../testing/stack";

let stack: Stack;
const clients = new Clients(() => stack);
/** People of an address that nobody else has. */
const somewhere = () => new Guests(() => stack, clients);

beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
});
afterAll(() => stack.close());
afterEach(() => clients.closeAll());

/** Ten at a time. */
async function many<T>(count: number, one: (i: number) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  while (all.length < count) {
    const next = Array.from({ length: Math.min(10, count - all.length) }, (_, i) => one(all.length + i));
    all.push(...(await Promise.all(next)));
  }
  return all;
}

describe("an address", () => {
  test("makes 120 rooms in ten minutes, by request or by coming in first, and no more; another one still can", async () => {
    const [here, elsewhere] = [somewhere(), somewhere()];
    const made = await many(120, () => here.api(`POST /rooms/${newRoom()}`, {}));
    const refused = made.filter(({ status }) => status !== 201).length;
    const next = await here.api(`POST /rooms/${newRoom()}`, {});
    // Where ten minutes ended in between, the counting began again.
    if (next.status !== 201) expect([refused, next.body.code, next.headers.has("retry-after")]).toEqual([0, "limit.rooms", true]);
    else expect((await many(120, () => here.api(`POST /rooms/${newRoom()}`, {}))).at(-1)?.body.code).toBe("limit.rooms");
    expect((await join(await here.come(), newRoom())).code).toBe("limit.rooms");
    expect((await elsewhere.api(`POST /rooms/${newRoom()}`, {})).status).toBe(201);
  });

  test("has a hundred sockets: one more is refused, the others go on, and one that goes makes room", async () => {
    const [here, elsewhere] = [somewhere(), somewhere()];
    const all: GuestClient[] = await many(100, () => here.stranger());
    await expect(here.stranger()).rejects.toThrow("429");
    expect((await elsewhere.stranger()).socket.readyState).toBe(1);
    expect((await all[0]?.ask({ action: "ping" }))?.type).toBe("pong");
    await all[1]?.close();
    await expect.poll(() => here.stranger().then(() => "in", String)).toBe("in");
  });
});

describe("a room", () => {
  test("has a hundred people, also if many want the last places at once, and a place that is left is taken", async () => {
    const [here, there] = [somewhere(), somewhere()];
    const room = newRoom();
    const first = await many(90, () => here.come());
    for (const one of first) expect((await join(one, room)).type).toBe("joined");
    const rest = await many(30, () => there.come());
    const answers = await Promise.all(rest.map((one) => join(one, room)));
    const [entered, refused] = [
      answers.filter(({ type }) => type === "joined").length,
      answers.filter(({ code }) => code === "room.full").length,
    ];
    expect(entered + refused).toBe(30);
    expect(entered).toBeLessThanOrEqual(10);
    for (const one of rest) await join(one, room); // those who were too many at once come in one after the other
    expect((await stack.api(`GET /rooms/${room}`)).body.count).toBe(100);
    expect((await join(await there.come(), room)).code).toBe("room.full");
    await first[0]?.ask({ action: "leave", room });
    expect((await join(await there.come(), room)).type).toBe("joined");
  }, 60_000);
});
