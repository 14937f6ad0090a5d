import { Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { until } from "../testing/serve";
import { startSocketWorld, type SocketWorld } from "../testing/socket-world";
import { socketLimits } from "./limits";

const worlds: SocketWorld[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const world of worlds.splice(0)) await world.close();
});
async function start(...options: Parameters<typeof startSocketWorld>): Promise<SocketWorld> {
  const world = await startSocketWorld(...options);
  worlds.push(world);
  return world;
}

describe("a push in this process", () => {
  it("reaches every connection and names those that are gone", async () => {
    const world = await start();
    const clients = [await world.open(), await world.open()];
    const result = await world.api.pushMany([clients[0]!.id, "nobody", clients[1]!.id], "héllo"); // both were opened above
    expect(result).toEqual({ gone: ["nobody"], failed: [] });
    await until(() => clients.every(({ messages }) => messages.length === 1));
    expect(clients.map(({ messages }) => messages)).toEqual([["héllo"], ["héllo"]]);
  });

  it("is gone for a connection that was closed in the same tick", async () => {
    const world = await start();
    const { id, socket, closed, messages } = await world.open();
    const pushed = world.api.push(id, "last words");
    world.api.connections.get(id)?.close(1000, "");
    expect(await world.api.push(id, "too late")).toEqual({ gone: [id], failed: [] });
    await pushed;
    expect((await closed).code).toBe(1000);
    expect(messages).toEqual(["last words"]);
    expect(socket.readyState).toBe(socket.CLOSED);
  });

  it("keeps the order of frames of all sizes", async () => {
    const world = await start();
    const { id, messages } = await world.open();
    const sizes = [0, 1, 125, 126, 127, 32_767, socketLimits.pushBytes];
    const frames = sizes.map((size, index) => String(index).repeat(size));
    await Promise.all(frames.map((frame) => world.api.push(id, frame)));
    await until(() => messages.length === sizes.length, "all frames");
    expect(messages).toEqual(frames);
  });

  it("refuses more than 32 KB, as @connections does", async () => {
    const world = await start();
    const { id, messages } = await world.open();
    expect(await world.api.pushMany([id, "nobody"], "x".repeat(32 * 1024 + 1))).toEqual({ gone: ["nobody"], failed: [id] });
    expect((await world.api.push(id, "x".repeat(32 * 1024))).failed).toEqual([]);
    await until(() => messages.length === 1);
  });

  it("writes to each socket once in a turn of the event loop, however many frames it gets", async () => {
    const world = await start();
    const clients = [await world.open(), await world.open()];
    const single = vi.spyOn(Socket.prototype, "_write");
    const several = vi.spyOn(Socket.prototype, "_writev" as "_write");
    const ids = clients.map(({ id }) => id);
    await Promise.all(["a", "b", "c", "d"].map((frame) => world.api.pushMany(ids, frame)));
    await until(() => clients.every(({ messages }) => messages.length === 4));
    expect(clients[0]?.messages).toEqual(["a", "b", "c", "d"]);
    expect([single.mock.calls.length, several.mock.calls.length]).toEqual([0, 2]);
  });

  it("cuts off a client that does not read, and spares the others", async () => {
    const world = await start();
    const [slow, quick] = [await world.open(), await world.open()];
    slow.socket.pause();
    const frame = "x".repeat(32 * 1024);
    let gone: string[] = [];
    let sent = 0;
    // The kernel takes some megabytes of its own before the process owes anything.
    for (; sent < 1000 && gone.length === 0; sent++) ({ gone } = await world.api.pushMany([slow.id, quick.id], frame));
    expect(gone).toEqual([slow.id]);
    expect(world.api.connections.get(slow.id)?.isOpen ?? false).toBe(false);
    await until(() => world.disconnects().length === 1);
    await until(() => quick.messages.length === sent, "the other client");
    slow.socket.terminate();
  });

  it("reports every push with its bytes", async () => {
    const pushes: [string, number][] = [];
    const world = await start({ observe: { onPush: (id, bytes) => pushes.push([id, bytes]) } });
    const { id } = await world.open();
    await world.api.pushMany([id, "nobody"], "é");
    expect(pushes).toEqual([[id, 2]]);
  });
});
