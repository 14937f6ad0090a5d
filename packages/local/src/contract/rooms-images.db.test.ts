import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Clients } from "../testing/clients";
import { image, png, upload, type TestFile } from "../testing/files";
import { askForUpload, Guests, join, newRoom, say, uploadTo, type GuestClient } from "../testing/guests";
import { startStack, type Frame, type SocketClient, type Stack } from "../testing/stack";

const MB = 1024 * 1024;
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

let stack: Stack;
const clients = new Clients(() => stack);
const guests = new Guests(() => stack, clients);
/** People of an address that nobody else has. */
const somewhere = () => new Guests(() => stack, clients);

beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
});
afterAll(() => stack.close());
afterEach(async () => {
  vi.useRealTimers();
  await clients.closeAll();
});

/** From now on time passes only here. */
function stopClock(): (ms: number) => void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  return (ms) => vi.setSystemTime(Date.now() + ms);
}

/** A room that keeps messages for an hour, and two in it. */
async function twoInARoom(): Promise<{ room: string; ann: GuestClient; bob: GuestClient }> {
  const room = newRoom();
  await guests.api(`POST /rooms/${room}`, { ttl_hours: 1 });
  const [ann, bob] = [await guests.come(), await guests.come()];
  await join(ann, room, { alias: "Ann" });
  await join(bob, room, { alias: "Bob" });
  return { room, ann, bob };
}

const show = (client: SocketClient, room: string, attachments: string[], more: object = {}) =>
  say(client, room, "", { attachments, ...more });
const claimed = ({ message }: Frame) => message.attachments[0];
/** The status of the link itself, and of what it leads to. */
async function open(url: string): Promise<[number, number?]> {
  const { status, headers } = await fetch(url, { redirect: "manual" });
  const location = headers.get("location");
  return location === null ? [status] : [status, (await fetch(location)).status];
}

describe("an image", () => {
  test("is uploaded by somebody in the room, and shown to all who are there, and to who comes later", async () => {
    const { room, ann, bob } = await twoInARoom();
    const file = image("otter.png");
    const id = await uploadTo(ann, room, file);
    const { message } = await show(ann, room, [id]);
    expect(message).toMatchObject({
      content: "",
      attachments: [{ id, filename: "otter.png", content_type: "image/png", width: 3, height: 2 }],
    });
    const { message: pushed } = await bob.next(({ type }) => type === "new_message");
    expect(pushed.attachments).toEqual(message.attachments);
    const { messages } = await join(await guests.come(), room);
    expect(messages[0].attachments).toEqual(message.attachments);
    const link = await fetch(claimed({ message }).url, { redirect: "manual" });
    expect([link.status, link.headers.get("cache-control")]).toEqual([302, "private, max-age=0"]);
    expect(link.headers.get("location")).toContain("/rooms/upl_");
    const served = await fetch(link.headers.get("location") ?? "");
    expect([served.headers.get("content-type"), served.headers.get("cache-control")]).toEqual(["image/png", "no-store"]);
    expect(Buffer.from(await served.arrayBuffer()).equals(file.bytes)).toBe(true);
  });

  test("of an account is no file that it keeps, and goes into no channel", async () => {
    const account = await stack.register();
    const socket = await clients.connect(account);
    const room = newRoom();
    await join(socket, room);
    const server = await stack.api("POST /servers", { token: account.token, body: { name: `s ${room}` } });
    const path = `/servers/${server.body.id}/channels/${server.body.channels[0].id}/messages`;
    const id = await uploadTo(socket, room, image());
    const inChannel = { token: account.token, body: { content: "", attachments: [id] } };
    expect((await stack.api(`POST ${path}`, inChannel)).body.code).toBe("upload.not_found");
    expect((await show(socket, room, [id])).type).toBe("sent");
    const { getItem } = await import("../../../core/src/lib/dynamo");
    expect(await getItem("Files", { id: `quota#${account.user.id}` })).toBeUndefined();
    const file = await upload(stack, account, image());
    expect((await show(socket, room, [file])).code).toBe("upload.not_found");
    const topic = `channel:${server.body.channels[0].id}`;
    expect((await socket.ask({ action: "send", topic, content: "hello", attachments: [file] })).code).toBe("input.invalid");
    expect((await socket.ask({ action: "send", topic, content: "hello" })).type).toBe("sent");
  });

  test.each([
    [{ size: 2 * MB }, "upload"],
    [{ size: 2 * MB + 1 }, "input.too_large"],
    [{ size: 0 }, "input.invalid"],
    [{ content_type: "image/webp" }, "upload"],
    [{ content_type: "image/svg+xml" }, "input.invalid"],
    [{ content_type: "text/html" }, "input.invalid"],
    [{ content_type: "" }, "input.invalid"],
    [{ filename: "" }, "input.invalid"],
    [{ room: "elsewhere" }, "room.not_found"],
  ])("that is said to be %j is answered by %s", async (more, outcome) => {
    const { room, ann } = await twoInARoom();
    const answer = await ann.ask({ action: "upload", room, filename: "a.png", content_type: "image/png", size: 100, ...more });
    expect(answer.code ?? answer.type).toBe(outcome);
  });

  test.each<[string, TestFile]>([
    ["a page", { ...image(), bytes: Buffer.from("<script>alert(1)</script>") }],
    ["a GIF", { ...image(), bytes: Buffer.from("GIF89a\x01\x00\x01\x00", "latin1") }],
    ["the beginning of a PNG", { ...image(), bytes: png().subarray(0, 14) }],
  ])("really is one: %s that says it is a PNG is refused, and the words alone are not", async (_, file) => {
    const { room, ann } = await twoInARoom();
    const id = await uploadTo(ann, room, file);
    expect(await show(ann, room, [id])).toMatchObject({ code: "input.invalid", details: { attachments: "must be an image" } });
    expect((await say(ann, room, "words")).message).toMatchObject({ seq: 1, attachments: [] });
  });

  test("that never came is refused, and so is a fifth one; four pass", async () => {
    const { room, ann } = await twoInARoom();
    const { upload_id } = await askForUpload(ann, room, image());
    expect((await show(ann, room, [upload_id])).code).toBe("upload.not_found");
    const ids: string[] = [];
    for (let n = 1; n <= 5; n++) ids.push(await uploadTo(ann, room, image(`${n}.png`)));
    expect((await show(ann, room, ids)).code).toBe("input.invalid");
    expect((await show(ann, room, ids.slice(1))).message.attachments.map(({ filename }: Frame) => filename)).toEqual([
      "2.png",
      "3.png",
      "4.png",
      "5.png",
    ]);
    expect((await say(ann, room, " ")).code).toBe("input.invalid");
  });
});

describe("an upload is of whoever asked for it, for that room, once", () => {
  test("somebody else does not send it", async () => {
    const { room, ann, bob } = await twoInARoom();
    const id = await uploadTo(ann, room, image());
    expect((await show(bob, room, [id])).code).toBe("upload.not_found");
    expect((await show(ann, room, [id])).type).toBe("sent");
  });

  test("it does not go into another room, though its owner is there", async () => {
    const { room, ann } = await twoInARoom();
    const other = newRoom();
    await join(ann, other);
    const id = await uploadTo(ann, room, image());
    expect((await show(ann, other, [id])).code).toBe("upload.not_found");
    expect((await show(ann, room, [id])).type).toBe("sent");
  });

  test("whoever is not in the room, or has left it, neither asks for one nor sends one", async () => {
    const { room, ann } = await twoInARoom();
    const stranger = await guests.come();
    expect((await askForUpload(stranger, room, image())).code).toBe("room.not_found");
    const id = await uploadTo(ann, room, image());
    await ann.ask({ action: "leave", room });
    expect((await askForUpload(ann, room, image())).code).toBe("room.not_found");
    expect((await show(ann, room, [id])).code).toBe("room.not_found");
  });

  test("a second message with it is refused; a repeat of the first finds its twin, also by another socket", async () => {
    const { room, ann } = await twoInARoom();
    const id = await uploadTo(ann, room, image());
    const first = await show(ann, room, [id], { nonce: "n1", after: 0 });
    expect((await show(ann, room, [id], { nonce: "n2", after: 1 })).code).toBe("upload.used");
    const again = await guests.come(ann.guest);
    await join(again, room);
    for (const socket of [ann, again]) {
      const repeat = await show(socket, room, [id], { nonce: "n1", after: 0 });
      expect(repeat).toMatchObject({ type: "sent", message: { seq: first.message.seq, attachments: [{ id }] } });
    }
    expect(await open(claimed(first).url)).toEqual([302, 200]);
  });
});

describe("gone with the message", () => {
  test("the link opens to the end and refuses then; a link that is changed never opens", async () => {
    const { room, ann } = await twoInARoom();
    const id = await uploadTo(ann, room, image());
    const pass = stopClock();
    const { url } = claimed(await show(ann, room, [id]));
    pass(HOUR_MS - 2_000);
    expect(await open(url)).toEqual([302, 200]);
    const { headers } = await fetch(url, { redirect: "manual" });
    const expiresIn = Number(new URL(headers.get("location") ?? "").searchParams.get("X-Amz-Expires"));
    expect(expiresIn).toBeLessThanOrEqual(2);
    const [, until = ""] = /until-(\d+)-/.exec(url) ?? [];
    const longer = url.replace(until, String(Number(until) + 3600));
    const asFile = url.replace(/until-\d+-/, `${Math.floor(Date.now() / DAY_MS) + 1}-`);
    const ofAnother = url.replace(id, `${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}`);
    for (const forged of [longer, asFile, ofAnother]) expect(await open(forged)).toEqual([404]);
    pass(2_000);
    expect(await open(url)).toEqual([404]);
    expect(await open(longer)).toEqual([404]);
  });

  test("what the link leads to lasts a minute, so that a copy of it is of no use", async () => {
    const { room, ann } = await twoInARoom();
    const { url } = claimed(await show(ann, room, [await uploadTo(ann, room, image())]));
    const { headers } = await fetch(url, { redirect: "manual" });
    expect(new URL(headers.get("location") ?? "").searchParams.get("X-Amz-Expires")).toBe("60");
  });

  test("a room that is closed opens no image, and takes none", async () => {
    const { room, ann } = await twoInARoom();
    const { url } = claimed(await show(ann, room, [await uploadTo(ann, room, image())]));
    const { close, reopen } = await import("../../../core/src/room/store");
    expect(await open(url)).toEqual([302, 200]);
    await close(room, Date.now() + HOUR_MS, Date.now());
    expect(await open(url)).toEqual([404]);
    expect((await askForUpload(ann, room, image())).code).toBe("room.closed");
    await reopen(room);
    expect(await open(url)).toEqual([302, 200]);
  });

  test("a repeat after the message has expired does not bring its image back", async () => {
    const { room, ann } = await twoInARoom();
    const id = await uploadTo(ann, room, image());
    const pass = stopClock();
    await show(ann, room, [id], { nonce: "n1", after: 0 });
    pass(HOUR_MS + 1_000);
    expect((await show(ann, room, [id], { nonce: "n1", after: 0 })).code).toBe("upload.not_found");
  });

  test("what is noted of it leaves the table with the message", async () => {
    const { room, ann } = await twoInARoom();
    const id = await uploadTo(ann, room, image());
    const pass = stopClock();
    await show(ann, room, [id]);
    pass(0);
    const { getItem } = await import("../../../core/src/lib/dynamo");
    expect((await getItem("Files", { id }))?.["expires_on"]).toBe(Math.ceil((Date.now() + HOUR_MS) / 1000));
  });

  test("an upload that nobody sends is of no use after a day", async () => {
    const { room, ann } = await twoInARoom();
    const [early, late] = [await uploadTo(ann, room, image()), await uploadTo(ann, room, image())];
    const pass = stopClock();
    pass(DAY_MS - 60_000);
    await join(ann, room);
    expect((await show(ann, room, [early])).type).toBe("sent");
    pass(61_000);
    expect((await show(ann, room, [late])).code).toBe("upload.not_found");
  });
});

describe("in ten minutes", () => {
  // At their beginning, so that they do not end in between.
  beforeEach(() => {
    const TEN_MINUTES_MS = 600_000;
    vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / TEN_MINUTES_MS) * TEN_MINUTES_MS });
  });

  const askOften = async (client: SocketClient, room: string, times: number) => {
    let passed = 0;
    for (let i = 0; i < times; i++) if ((await askForUpload(client, room, image())).type === "upload") passed++;
    return passed;
  };

  test("a person uploads twenty, over all rooms and sockets; somebody else of that address goes on", async () => {
    const here = somewhere();
    const [ann, bob] = [await here.come(), await here.come()];
    const again = await here.come(ann.guest);
    const [room, other] = [newRoom(), newRoom()];
    await join(ann, room);
    await join(bob, room);
    await join(again, other);
    expect([await askOften(ann, room, 12), await askOften(again, other, 12)]).toEqual([12, 8]);
    expect(await askForUpload(ann, room, image())).toMatchObject({ code: "limit.uploads", retry_after_ms: expect.any(Number) });
    expect((await askForUpload(bob, room, image())).type).toBe("upload");
  });

  test("an address uploads a hundred; another one goes on", async () => {
    const [here, elsewhere] = [somewhere(), somewhere()];
    const room = newRoom();
    const six = await Promise.all(Array.from({ length: 6 }, () => here.come()));
    const far = await elsewhere.come();
    for (const one of [...six, far]) await join(one, room);
    const passed = await Promise.all(six.map((one) => askOften(one, room, 18)));
    expect(passed.reduce((sum, one) => sum + one, 0)).toBe(100);
    expect((await askForUpload(far, room, image())).type).toBe("upload");
  });
});
