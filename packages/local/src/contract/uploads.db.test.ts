import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startCommunity, type Community } from "../testing/community";
import { image, png, postForm, upload, type TestFile } from "../testing/files";
import { PASSWORD, startStack, type Frame, type Person, type Stack } from "../testing/stack";

let stack: Stack;
let world: Community;

beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());
beforeEach(async () => {
  world = await startCommunity(stack);
});

const MB = 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
const answerOf = ({ status, body }: Frame) => [status, body?.code];
const ask = (who: Person, more: object = {}) =>
  stack.api("POST /uploads", {
    token: who.token,
    body: { filename: "a.png", size: 100, content_type: "image/png", purpose: "attachment", ...more },
  });
const setIcon = (icon: string | null, who: Person = world.owner) =>
  stack.api(`PATCH /servers/${world.serverId}`, { token: who.token, body: { icon } });
const codeOf = async (response: Response) => [response.status, /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1]];

describe("asking for an upload", () => {
  test.each([
    [{}, [201, undefined]],
    [{ size: 25 * MB }, [201, undefined]],
    [{ size: 25 * MB + 1 }, [413, "input.too_large"]],
    [{ size: 0 }, [400, "input.invalid"]],
    [{ size: 1.5 }, [400, "input.invalid"]],
    [{ purpose: "avatar", size: 2 * MB }, [201, undefined]],
    [{ purpose: "avatar", size: 2 * MB + 1 }, [413, "input.too_large"]],
    [{ purpose: "icon", size: 2 * MB + 1 }, [413, "input.too_large"]],
    [{ purpose: "avatar", content_type: "image/svg+xml" }, [400, "input.invalid"]],
    [{ purpose: "icon", content_type: "text/html" }, [400, "input.invalid"]],
    [{ purpose: "attachment", content_type: "text/html" }, [201, undefined]],
    [{ purpose: "other" }, [400, "input.invalid"]],
    [{ content_type: "" }, [201, undefined]],
    [{ content_type: "no type" }, [400, "input.invalid"]],
    [{ content_type: `a/${"b".repeat(130)}` }, [400, "input.invalid"]],
    [{ filename: "" }, [400, "input.invalid"]],
    [{ filename: "\u200b" }, [400, "input.invalid"]],
    [{ filename: "\u{1F600}".repeat(255) }, [201, undefined]],
    [{ filename: "\u{1F600}".repeat(256) }, [400, "input.invalid"]],
  ])("for %j is answered with %j", async (more, answer) => {
    expect(answerOf(await ask(world.guest, more))).toEqual(answer);
  });

  test("gives a form for just that size and type, and is good for a day", async () => {
    const { body } = await ask(world.guest, { size: 5 });
    expect(body.id).toMatch(/^upl_[0-9a-z]{16}$/);
    expect(Math.abs(body.expires_at - Date.now() - DAY_MS)).toBeLessThan(60_000);
    expect(await codeOf(await postForm(body.upload, Buffer.from("too much")))).toEqual([400, "EntityTooLarge"]);
    expect(await codeOf(await postForm(body.upload, Buffer.from("less")))).toEqual([400, "EntityTooSmall"]);
    const changed = { ...body.upload, fields: { ...body.upload.fields, "Content-Type": "text/html" } };
    expect(await codeOf(await postForm(changed, Buffer.from("12345")))).toEqual([403, "AccessDenied"]);
    const elsewhere = { ...body.upload, fields: { ...body.upload.fields, key: "files/upl_0000000000000000" } };
    expect(await codeOf(await postForm(elsewhere, Buffer.from("12345")))).toEqual([403, "AccessDenied"]);
    expect((await postForm(body.upload, Buffer.from("12345"))).status).toBe(204);
  });

  test("is done so often, and not more", async () => {
    const answers: Frame[] = [];
    for (let i = 0; i < 51; i++) answers.push(await ask(world.guest));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(50);
    expect([...answerOf(answers.at(-1)), answers.at(-1).headers.get("retry-after")]).toEqual([429, "limit.uploads", expect.any(String)]);
    expect(answerOf(await ask(world.owner))).toEqual([201, undefined]);
  });
});

describe("what was uploaded and not used", () => {
  test("nobody gets, not even who uploaded it", async () => {
    const id = await upload(stack, world.owner, image(), "icon");
    const image_ = await stack.api(`GET /files/${id}`);
    expect(image_.status).toBe(302);
    expect(await codeOf(await fetch(image_.headers.get("location") ?? ""))).toEqual([404, "NoSuchKey"]);
  });

  test("is deleted when it is a day old; what is used stays", async () => {
    const used = await upload(stack, world.owner, image(), "icon");
    const unused = await upload(stack, world.owner, image(), "icon");
    expect((await setIcon(used)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await stack.s3.expire("uploads", "pending/", 10)).toBeGreaterThanOrEqual(2);
    expect(answerOf(await setIcon(unused))).toEqual([404, "upload.not_found"]);
    expect((await fetch(`${stack.url}/api/files/${used}`)).status).toBe(200);
  });

  test("cannot be used after a day, also where nothing has deleted it yet", async () => {
    const id = await upload(stack, world.owner, image(), "icon");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + DAY_MS + 1000 });
    try {
      const { email } = world.owner.user;
      const late = await stack.api("POST /auth/login", { body: { email, password: PASSWORD } }); // the token has expired too
      expect(answerOf(await setIcon(id, late.body))).toEqual([404, "upload.not_found"]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a server's icon", () => {
  const fetchImage = (url: string) => fetch(stack.url + url);

  test("is an upload of whoever may change the server, and everybody sees it", async () => {
    const file = image();
    const { status, body } = await setIcon(await upload(stack, world.owner, file, "icon"));
    expect([status, body.icon_url]).toEqual([200, expect.stringMatching(/^\/api\/files\/upl_\w+$/)]);
    const served = await fetchImage(body.icon_url);
    expect([served.status, served.headers.get("content-type"), served.headers.get("content-disposition")]).toEqual([
      200,
      "image/png",
      `inline; filename="picture.png"; filename*=UTF-8''picture.png`,
    ]);
    expect(served.headers.get("x-content-type-options")).toBe("nosniff");
    expect(Buffer.from(await served.arrayBuffer()).equals(file.bytes)).toBe(true);
    const asGuest = await stack.api(`GET /servers/${world.serverId}`, { token: world.guest.token });
    expect(asGuest.body.icon_url).toBe(body.icon_url);
    const { entries } = await world.byOwner<{ entries: Frame[] }>(`GET /servers/${world.serverId}/audit`);
    expect(entries[0]).toMatchObject({ action: "server.update", changes: [{ key: "icon_url", before: null, after: body.icon_url }] });
  });

  test("is not for those who may not change the server, and not another's upload, nor one for something else", async () => {
    expect(answerOf(await setIcon(await upload(stack, world.guest, image(), "icon"), world.guest))).toEqual([403, "auth.denied"]);
    expect(answerOf(await setIcon(await upload(stack, world.guest, image(), "icon")))).toEqual([404, "upload.not_found"]);
    expect(answerOf(await setIcon(await upload(stack, world.owner, image(), "avatar")))).toEqual([404, "upload.not_found"]);
    expect(answerOf(await setIcon(await upload(stack, world.owner, image())))).toEqual([404, "upload.not_found"]);
    expect(answerOf(await setIcon("upl_0000000000000000"))).toEqual([404, "upload.not_found"]);
    const { body } = await ask(world.owner, { purpose: "icon" });
    expect(answerOf(await setIcon(body.id))).toEqual([404, "upload.not_found"]); // never uploaded
  });

  test.each<[string, TestFile]>([
    ["a page", { ...image(), bytes: Buffer.from("<script>alert(1)</script>") }],
    ["a GIF", { ...image(), bytes: Buffer.from("GIF89a\x01\x00\x01\x00", "latin1") }],
    ["the beginning of a PNG", { ...image(), bytes: png().subarray(0, 14) }],
    ["a PNG of no size", { ...image(), bytes: png(0, 5) }],
    ["a PNG that is too large to be drawn", { ...image(), bytes: withSize(png(), 60_000, 60_000) }],
  ])("is really an image: %s that says it is a PNG is refused", async (_, file) => {
    const { status, body } = await setIcon(await upload(stack, world.owner, file, "icon"));
    expect([status, body.code, body.details]).toEqual([400, "input.invalid", { icon: "must be an image" }]);
  });

  test("is used once, and a repeat of that is the same", async () => {
    const id = await upload(stack, world.owner, image(), "icon");
    const first = await setIcon(id);
    const repeat = await setIcon(id);
    expect([first.status, repeat.status, repeat.body.icon_url]).toEqual([200, 200, first.body.icon_url]);
    const other = await world.byOwner<{ id: string }>("POST /servers", { name: `other ${world.serverId}` });
    const again = await stack.api(`PATCH /servers/${other.id}`, { token: world.owner.token, body: { icon: id } });
    expect(answerOf(again)).toEqual([409, "upload.used"]);
  });

  test("is deleted when there is another one, or none, or no server any more", async () => {
    const [first, second, third] = await Promise.all([0, 1, 2].map(() => upload(stack, world.owner, image(), "icon")));
    const isThere = async (id: string | undefined) => (await fetchImage(`/api/files/${id}`)).status === 200;
    await setIcon(first!);
    await setIcon(second!);
    expect([await isThere(first), await isThere(second)]).toEqual([false, true]);
    expect(answerOf(await setIcon(first!))).toEqual([409, "upload.used"]);
    const { body } = await setIcon(null);
    expect([body.icon_url, await isThere(second)]).toEqual([null, false]);
    await setIcon(third!);
    expect(await isThere(third)).toBe(true);
    await world.byOwner(`DELETE /servers/${world.serverId}`);
    expect(await isThere(third)).toBe(false);
  });
});

/** Another size in the header of a PNG. */
function withSize(bytes: Buffer, width: number, height: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt32BE(width, 16);
  changed.writeUInt32BE(height, 20);
  return changed;
}
