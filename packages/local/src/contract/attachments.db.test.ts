import { GetItemCommand, DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { localKeys, LOCAL_REGION } from "../environment";
import { Meter } from "../meter/meter";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { image, png, text, upload, type TestFile } from "../testing/files";
import { PASSWORD, startStack, type Frame, type Person, type Stack } from "../testing/stack";

let stack: Stack;
let world: Community;
const meter = new Meter();
const clients = new Clients(() => stack);
const tables = new DynamoDBClient({
  region: LOCAL_REGION,
  endpoint: process.env["AWS_ENDPOINT_URL_DYNAMODB"] ?? "",
  credentials: localKeys,
});

beforeAll(async () => {
  stack = await startStack({ push: "in-process", observe: meter.observe });
});
afterAll(() => stack.close());
beforeEach(async () => {
  world = await startCommunity(stack);
});
afterEach(async () => {
  vi.useRealTimers();
  await clients.closeAll();
});

const GB = 1024 ** 3;
const answerOf = ({ status, body }: Frame) => [status, body?.code];
const send = (who: Person, body: object, path = world.path) => stack.api(`POST ${path}`, { token: who.token, body });
const page = async (who: Person) => (await stack.api(`GET ${world.path}`, { token: who.token })).body.messages as Frame[];
const remove = (who: Person, seq: number) => stack.api(`DELETE ${world.path}/${seq}`, { token: who.token });
const sendFile = async (who: Person, file: TestFile) => {
  const { status, body } = await send(who, { attachments: [await upload(stack, who, file)] });
  if (status !== 201) throw new Error(`sending answered ${status} ${JSON.stringify(body)}`);
  return { message: body, attachment: body.attachments[0] };
};
const bytesKept = async ({ user }: Person): Promise<number> => {
  const { Item } = await tables.send(
    new GetItemCommand({ TableName: "Files", Key: { id: { S: `quota#${user.id}` } }, ConsistentRead: true }),
  );
  return Number(Item?.["bytes"]?.N ?? 0);
};
const setBytesKept = ({ user }: Person, bytes: number) =>
  tables.send(
    new UpdateItemCommand({
      TableName: "Files",
      Key: { id: { S: `quota#${user.id}` } },
      UpdateExpression: "SET #bytes = :bytes",
      ExpressionAttributeNames: { "#bytes": "bytes" },
      ExpressionAttributeValues: { ":bytes": { N: String(bytes) } },
    }),
  );
const isThere = async (url: string) => (await fetch(url)).status === 200;

describe("a message with files", () => {
  test("has them as they were uploaded, for everybody who reads it and who hears it", async () => {
    const listener = await clients.listen(world.owner, world.topic);
    const [picture, notes] = [image("a picture.png"), text("notes.txt", "hello")];
    const attachments = [await upload(stack, world.guest, picture), await upload(stack, world.guest, notes)];
    const { status, body } = await send(world.guest, { content: "look", attachments });
    expect([status, body.content]).toEqual([201, "look"]);
    const url = expect.stringMatching(new RegExp(`^${stack.url}/api/files/upl_\\w+/\\d+-[\\w-]{22}$`));
    expect(body.attachments).toEqual([
      { id: attachments[0], filename: "a picture.png", size: picture.bytes.length, content_type: "image/png", width: 3, height: 2, url },
      { id: attachments[1], filename: "notes.txt", size: 5, content_type: "text/plain", width: null, height: null, url },
    ]);
    expect((await page(world.owner))[0]).toEqual(body);
    expect((await listener.next(({ type }) => type === "new_message")).message).toEqual(body);
    const served = await Promise.all(body.attachments.map((file: Frame) => fetch(file.url)));
    expect(served.map(({ headers }: Response) => [headers.get("content-type"), headers.get("content-disposition")])).toEqual([
      ["image/png", `inline; filename="a picture.png"; filename*=UTF-8''a%20picture.png`],
      ["text/plain", `attachment; filename="notes.txt"; filename*=UTF-8''notes.txt`],
    ]);
    expect(Buffer.from(await served[0].arrayBuffer()).equals(picture.bytes)).toBe(true);
  });

  test("may say nothing beside them, and something without", async () => {
    const id = await upload(stack, world.guest, text());
    expect(answerOf(await send(world.guest, { content: " ", attachments: [] }))).toEqual([400, "input.invalid"]);
    expect(answerOf(await send(world.guest, {}))).toEqual([400, "input.invalid"]);
    expect((await send(world.guest, { content: "", attachments: [id] })).body.content).toBe("");
  });

  test("has ten at most, each once, and no others than uploads for it", async () => {
    const ids = await Promise.all(Array.from({ length: 11 }, () => upload(stack, world.guest, text())));
    expect(answerOf(await send(world.guest, { attachments: ids }))).toEqual([400, "input.invalid"]);
    const { status, body } = await send(world.guest, { attachments: [...ids.slice(0, 9), ids[9], ids[9]].slice(0, 10) });
    expect([status, body.attachments.map(({ id }: Frame) => id)]).toEqual([201, ids.slice(0, 10)]);
    for (const bad of ["upl_", "usr_0000000000000000", "../x", 7]) {
      expect(answerOf(await send(world.guest, { attachments: [bad] }))).toEqual([400, "input.invalid"]);
    }
    const avatar = await upload(stack, world.guest, image(), "avatar");
    expect(answerOf(await send(world.guest, { attachments: [avatar] }))).toEqual([404, "upload.not_found"]);
  });

  test("is for those who may attach files", async () => {
    const { roles } = await world.byOwner<Frame>(`GET /servers/${world.serverId}`);
    await world.byOwner(`PATCH /servers/${world.serverId}/roles/${roles[0].id}`, { permissions: ["send_messages"] });
    const id = await upload(stack, world.guest, text());
    expect(answerOf(await send(world.guest, { content: "x", attachments: [id] }))).toEqual([403, "auth.denied"]);
    expect(answerOf(await send(world.guest, { content: "x" }))).toEqual([201, undefined]);
    const permitted = await world.newMemberWith("attach_files");
    expect(answerOf(await send(permitted, { attachments: [await upload(stack, permitted, text())] }))).toEqual([201, undefined]);
  });

  test("cannot have what is another's, what was never uploaded, or what is too old", async () => {
    const foreign = await upload(stack, world.owner, text());
    expect(answerOf(await send(world.guest, { content: "x", attachments: [foreign] }))).toEqual([404, "upload.not_found"]);
    expect(answerOf(await send(world.guest, { content: "x", attachments: ["upl_0000000000000000"] }))).toEqual([404, "upload.not_found"]);
    const asked = { filename: "a", size: 5, content_type: "text/plain", purpose: "attachment" };
    const { body } = await stack.api("POST /uploads", { token: world.guest.token, body: asked });
    expect(answerOf(await send(world.guest, { content: "x", attachments: [body.id] }))).toEqual([404, "upload.not_found"]);
    const own = await upload(stack, world.guest, text());
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 24 * 60 * 60 * 1000 });
    const { email } = world.guest.user;
    const { body: late } = await stack.api("POST /auth/login", { body: { email, password: PASSWORD } });
    expect(answerOf(await send(late, { content: "x", attachments: [own] }))).toEqual([404, "upload.not_found"]);
    expect(await bytesKept(world.guest)).toBe(0);
  });
});

describe("in a conversation", () => {
  test("everybody in it may send files, and the other gets them", async () => {
    const { body: dm } = await stack.api("POST /dms", { token: world.guest.token, body: { user_ids: [world.owner.user.id] } });
    const attachments = [await upload(stack, world.guest, image())];
    const { status, body } = await send(world.guest, { attachments }, `/dms/${dm.id}/messages`);
    expect([status, body.attachments[0]?.width]).toEqual([201, 3]);
    const { body: read } = await stack.api(`GET /dms/${dm.id}/messages`, { token: world.owner.token });
    expect(read.messages[0].attachments).toEqual(body.attachments);
    expect(await isThere(body.attachments[0].url)).toBe(true);
    expect((await stack.api(`DELETE /dms/${dm.id}/messages/1`, { token: world.guest.token })).status).toBe(204);
    expect([await isThere(body.attachments[0].url), await bytesKept(world.guest)]).toEqual([false, 0]);
  });
});

describe("an edit", () => {
  test("of a message with files leaves them, and may take its words away; without files it may not", async () => {
    const { message } = await sendFile(world.guest, text());
    const edit = (seq: number, content: string) => stack.api(`PATCH ${world.path}/${seq}`, { token: world.guest.token, body: { content } });
    expect((await edit(message.seq, "words")).body.attachments).toEqual(message.attachments);
    expect((await edit(message.seq, "")).body).toMatchObject({ content: "", attachments: message.attachments });
    const { body: plain } = await send(world.guest, { content: "x" });
    expect(answerOf(await edit(plain.seq, ""))).toEqual([400, "input.invalid"]);
  });
});

describe("what is sent", () => {
  const page_ = Buffer.from("<!doctype html><script>document.title = 'run'</script>");
  const lying = (content_type: string, bytes = page_): TestFile => ({ filename: "x", content_type, bytes });
  const jpegStart = Buffer.from("ffd8ffe000104a46494600010100000100010000", "hex");

  test.each<[string, TestFile, string, string, number | null]>([
    ["a page", lying("text/html"), "application/octet-stream", "attachment", null],
    ["an SVG", lying("image/svg+xml"), "application/octet-stream", "attachment", null],
    ["a script", lying("text/javascript"), "application/octet-stream", "attachment", null],
    ["XML", lying("application/xhtml+xml"), "application/octet-stream", "attachment", null],
    ["a page that says it is a PNG", lying("image/png"), "application/octet-stream", "attachment", null],
    ["a JPEG that says it is a PNG", lying("image/png", jpegStart), "application/octet-stream", "attachment", null],
    ["a JPEG that is cut short", lying("image/jpeg", jpegStart), "application/octet-stream", "attachment", null],
    ["a PDF", lying("application/pdf"), "application/pdf", "attachment", null],
    ["a film", lying("video/mp4"), "video/mp4", "inline", null],
    ["a song", lying("audio/mpeg"), "audio/mpeg", "inline", null],
    ["a GIF", lying("image/gif", Buffer.from("GIF89a\x04\x00\x05\x00", "latin1")), "image/gif", "inline", 4],
    ["a PNG", { filename: "x", content_type: "image/png", bytes: png(7, 9) }, "image/png", "inline", 7],
  ])("of %s is never more than it may be", async (_, file, contentType, disposition, width) => {
    const { attachment } = await sendFile(world.guest, file);
    expect([attachment.content_type, attachment.width]).toEqual([contentType, width]);
    const { headers } = await fetch(attachment.url);
    expect([headers.get("content-type"), headers.get("content-disposition")?.split(";")[0]]).toEqual([contentType, disposition]);
    expect([headers.get("x-content-type-options"), headers.get("content-security-policy")]).toEqual([
      "nosniff",
      "sandbox; default-src 'none'",
    ]);
  });

  test("has a name that is safe, and the one that it was given for who knows it", async () => {
    const name = `..\\..\\"é\u202e\u0000'(1)*;\r\n/${"ü".repeat(100)}.tar.gz`;
    const { attachment } = await sendFile(world.guest, { ...text(), filename: name });
    expect(attachment.filename).toBe(`.._..__é'(1)_;_${"ü".repeat(100)}.tar.gz`);
    const header = (await fetch(attachment.url)).headers.get("content-disposition") ?? "";
    expect(header).toMatch(/^attachment; filename="[ !#-~]*"; filename\*=UTF-8''[\w.%~!-]*$/);
    const { attachment: long } = await sendFile(world.guest, { ...text(), filename: `${"\u{1F600}".repeat(250)}.txt` });
    const longHeader = (await fetch(long.url)).headers.get("content-disposition") ?? "";
    expect(longHeader.length).toBeLessThan(2048);
    expect(decodeURIComponent(longHeader.split("UTF-8''")[1] ?? "")).toMatch(/^\u{1F600}+\.txt$/u);
  });
});

describe("a link to a file", () => {
  test("is the same for a day, and good for one more", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-03-01T00:00:10Z") });
    world = await startCommunity(stack);
    const { attachment } = await sendFile(world.guest, text());
    const link = async (at: string, url: string) => {
      vi.setSystemTime(new Date(at));
      return (await stack.api(`GET ${new URL(url).pathname.slice("/api".length)}`)).status;
    };
    const again = async (at: string) => {
      vi.setSystemTime(new Date(at));
      const { email } = world.guest.user;
      const { body } = await stack.api("POST /auth/login", { body: { email, password: PASSWORD } });
      return (await page(body))[0].attachments[0].url;
    };
    expect(await again("2026-03-01T23:59:00Z")).toBe(attachment.url);
    expect(await link("2026-03-02T23:59:00Z", attachment.url)).toBe(302);
    expect(await link("2026-03-03T00:00:00Z", attachment.url)).toBe(404);
    const renewed = await again("2026-03-03T00:00:00Z");
    expect([renewed === attachment.url, await link("2026-03-03T00:00:00Z", renewed)]).toEqual([false, 302]);
  });

  test("leads to the same place for an hour, to be remembered by one browser alone", async () => {
    const { attachment } = await sendFile(world.guest, text());
    const ask = () => stack.api(`GET ${new URL(attachment.url).pathname.slice("/api".length)}`);
    vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / 3_600_000) * 3_600_000 });
    const [first, second] = [await ask(), await ask()];
    expect([first.status, first.headers.get("cache-control")]).toEqual([302, "private, max-age=3600"]);
    expect(second.headers.get("location")).toBe(first.headers.get("location"));
  });

  test("cannot be made by anybody else", async () => {
    const { attachment } = await sendFile(world.guest, text());
    const { attachment: other } = await sendFile(world.guest, text());
    const path = new URL(attachment.url).pathname.slice("/api".length);
    const key = path.split("/").at(-1) ?? "";
    const otherLetter = key.endsWith("A") ? "B" : "A";
    const forged = [
      `/files/${attachment.id}`, // as if it were an avatar: there is none
      path.slice(0, -1) + otherLetter,
      `/files/${other.id}/${key}`,
      path.replace(/(\d+)-/, (_, number) => `${Number(number) + 1}-`),
      path.replace(/-.*/, ""),
      `/files/${attachment.id}/${key}${key}`,
    ];
    for (const link of forged) {
      const { status, headers, body } = await stack.api(`GET ${link}`);
      if (status === 302) expect((await fetch(headers.get("location") ?? "")).status).toBe(404);
      else expect([status, body.code]).toEqual([404, "upload.not_found"]);
    }
  });
});

describe("an upload is for one message", () => {
  test("and for no other, but for whatever repeats that one", async () => {
    const id = await upload(stack, world.guest, text());
    const body = { content: "x", nonce: "n", after: 0, attachments: [id] };
    const first = await send(world.guest, body);
    const repeat = await send(world.guest, body);
    expect([first.status, repeat.status]).toEqual([201, 200]);
    expect(repeat.body).toEqual(first.body);
    expect(answerOf(await send(world.guest, { ...body, nonce: "other" }))).toEqual([409, "upload.used"]);
    const channel = await world.byOwner(`POST /servers/${world.serverId}/channels`, { name: "other", kind: "text" });
    expect(answerOf(await send(world.guest, body, `/servers/${world.serverId}/channels/${channel.id}/messages`))).toEqual([
      409,
      "upload.used",
    ]);
    expect(await bytesKept(world.guest)).toBe(5);
  });

  test("also when fifty copies of the sending come at once: one message, counted once", async () => {
    const attachments = [await upload(stack, world.guest, image()), await upload(stack, world.guest, text())];
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => send(world.guest, { content: "x", nonce: "n", after: 0, attachments })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(49);
    for (const { body } of answers) expect(body).toEqual(answers[0]?.body);
    expect(await page(world.owner)).toHaveLength(1);
    expect(await bytesKept(world.guest)).toBe(png().length + 5);
    for (const { url } of answers[0]?.body.attachments ?? []) expect(await isThere(url)).toBe(true);
  });

  test("of two messages that take it at the same moment one gets it", async () => {
    const id = await upload(stack, world.guest, text());
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => send(world.guest, { content: String(i), attachments: [id] })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === "upload.used")).toHaveLength(19);
    expect(await page(world.owner)).toHaveLength(1);
  });

  test("a repeat that comes with other files has those of the first; the others are given back", async () => {
    const [first, other] = [await upload(stack, world.guest, text()), await upload(stack, world.guest, text("b", "12345678"))];
    const said = await send(world.guest, { content: "x", nonce: "n", after: 0, attachments: [first] });
    const repeat = await send(world.guest, { content: "x", nonce: "n", after: 0, attachments: [other] });
    expect([repeat.status, repeat.body]).toEqual([200, said.body]);
    expect(await bytesKept(world.guest)).toBe(5);
  });
});

describe("a message that is deleted", () => {
  test("has no files any more, and gives back what they took; doing it again changes nothing", async () => {
    const { message, attachment } = await sendFile(world.guest, text());
    expect([await isThere(attachment.url), await bytesKept(world.guest)]).toEqual([true, 5]);
    expect((await remove(world.guest, message.seq)).status).toBe(204);
    expect([await isThere(attachment.url), await bytesKept(world.guest)]).toEqual([false, 0]);
    expect((await page(world.owner))[0].attachments).toEqual([]);
    expect((await remove(world.guest, message.seq)).status).toBe(204);
    expect(await bytesKept(world.guest)).toBe(0);
    expect(await stack.s3.expire("uploads", `files/${attachment.id}`, 0)).toBe(0);
    expect(await stack.s3.expire("uploads", `pending/${attachment.id}`, 0)).toBe(0);
  });

  test("by a moderator, several at once, or with the one who said them: what is given back is their author's", async () => {
    const sent = [await sendFile(world.guest, text()), await sendFile(world.guest, text()), await sendFile(world.guest, text())];
    expect(await bytesKept(world.guest)).toBe(15);
    await world.byOwner(`DELETE ${world.path}/${sent[0]?.message.seq}`);
    expect(await bytesKept(world.guest)).toBe(10);
    await world.byOwner(`POST ${world.path}/bulk-delete`, { seqs: [sent[1]?.message.seq] });
    expect(await bytesKept(world.guest)).toBe(5);
    await world.byOwner(`PUT /servers/${world.serverId}/bans/${world.guest.user.id}`, { delete_message_hours: 1 });
    expect([await bytesKept(world.guest), await bytesKept(world.owner)]).toEqual([0, 0]);
    for (const { attachment } of sent) expect(await isThere(attachment.url)).toBe(false);
  });

  test("is still found by a late repeat of its sending, which brings nothing back", async () => {
    const body = { content: "x", nonce: "n", after: 0, attachments: [await upload(stack, world.guest, text())] };
    const { body: said } = await send(world.guest, body);
    await remove(world.guest, said.seq);
    const late = await send(world.guest, body);
    expect([late.status, late.body.seq, late.body.deleted_at, late.body.attachments]).toEqual([200, said.seq, expect.any(Number), []]);
    expect([await bytesKept(world.guest), await isThere(said.attachments[0].url)]).toEqual([0, false]);
  });

  test("goes with its channel, and with its server", async () => {
    const channel = await world.byOwner(`POST /servers/${world.serverId}/channels`, { name: "other", kind: "text" });
    const path = `/servers/${world.serverId}/channels/${channel.id}/messages`;
    const inOther = await send(world.guest, { attachments: [await upload(stack, world.guest, text())] }, path);
    const { attachment } = await sendFile(world.guest, text());
    await world.byOwner(`DELETE /servers/${world.serverId}/channels/${channel.id}`);
    expect([await isThere(inOther.body.attachments[0].url), await isThere(attachment.url), await bytesKept(world.guest)]).toEqual([
      false,
      true,
      5,
    ]);
    await world.byOwner(`DELETE /servers/${world.serverId}`);
    expect([await isThere(attachment.url), await bytesKept(world.guest)]).toEqual([false, 0]);
  });
});

describe("the quota of an account", () => {
  test("is a gigabyte: what is more is refused when it is used, and when it is asked for", async () => {
    const [fits, tooMuch] = [await upload(stack, world.guest, text()), await upload(stack, world.guest, text())];
    await setBytesKept(world.guest, GB - 9);
    expect((await send(world.guest, { content: "x", attachments: [fits] })).status).toBe(201);
    expect(answerOf(await send(world.guest, { content: "x", attachments: [tooMuch] }))).toEqual([409, "upload.quota_full"]);
    const ask = { filename: "a", size: 5, content_type: "text/plain", purpose: "attachment" };
    expect(answerOf(await stack.api("POST /uploads", { token: world.guest.token, body: ask }))).toEqual([409, "upload.quota_full"]);
    expect(answerOf(await send(world.owner, { content: "x", attachments: [await upload(stack, world.owner, text())] }))).toEqual([
      201,
      undefined,
    ]);
    await remove(world.guest, 1);
    expect((await send(world.guest, { content: "x", attachments: [tooMuch] })).status).toBe(201);
  });
});

describe("the bill", () => {
  test("of a message with a file: its rows and what they count, a look at it and a copy", async () => {
    await send(world.guest, { content: "first" });
    const id = await upload(stack, world.guest, text());
    meter.start({ engine: "dynoxide" });
    meter.reset();
    await send(world.guest, { content: "x", nonce: "n", after: 1, attachments: [id] });
    meter.stop();
    const { s3Gets, s3Puts, writeUnits } = meter.snapshot().units;
    expect({ s3Gets, s3Puts, writeUnits }).toEqual({ s3Gets: 1, s3Puts: 1, writeUnits: 1 + 2 + 2 });
  });
});
