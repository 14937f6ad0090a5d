import { request as httpRequest } from "node:http";
import { readdirSync } from "node:fs";
import path from "node:path";
import { Sha256 } from "@agora/core/sha256";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterEach, describe, expect, test } from "vitest";
import { Meter } from "../meter/meter";
import { send, until, type RawAnswer } from "../testing/serve";
import { configOf, KEYS, startS3, type LocalS3 } from "./testing/s3-under-test";
import type { S3Options } from "./s3";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const Bucket = "uploads";

async function start(options: Partial<S3Options> = {}) {
  const s3 = await startS3(options);
  cleanups.push(s3.close);
  const client = new S3Client({ ...configOf(s3.url), maxAttempts: 1, requestChecksumCalculation: "WHEN_REQUIRED" });
  return { ...s3, client };
}

const codeOf = ({ status, body }: RawAnswer) => [status, /<Code>(\w+)<\/Code>/.exec(body)?.[1]];
const pathOf = (url: string) => url.slice(new URL(url).origin.length);
const put = (client: S3Client, Key: string, Body = "content", ContentType = "text/html") =>
  client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }));
const linkTo = (client: S3Client, Key: string) => getSignedUrl(client, new GetObjectCommand({ Bucket, Key }));

/** A request that is signed in its headers, with what a test wants to be otherwise. */
async function signed(s3: LocalS3, method: string, key: string, body: string, headers: Record<string, string>, signingDate = new Date()) {
  const signer = new SignatureV4({
    credentials: KEYS,
    region: "us-east-1",
    service: "s3",
    sha256: Sha256,
    applyChecksum: false,
    uriEscapePath: false,
  });
  const hostname = `127.0.0.1:${s3.port}`;
  const target = `/_s3/${Bucket}/${key}`;
  const all = { host: hostname, ...headers };
  const request = await signer.sign({ method, protocol: "http:", hostname, path: target, headers: all }, { signingDate });
  return send(s3.port, method, target, request.headers, body);
}

const sha256 = async (text: string) => {
  const hash = new Sha256();
  hash.update(Buffer.from(text));
  return Buffer.from(await hash.digest()).toString("hex");
};

describe("everything that is served", () => {
  test("can do nothing in the name of the site, not even what is refused", async () => {
    const { client, port } = await start();
    await put(client, "page.html", "<script>alert(1)</script>");
    const served = await send(port, "GET", pathOf(await linkTo(client, "page.html")));
    const refused = await send(port, "GET", `/_s3/${Bucket}/page.html`);
    expect([served.status, refused.status]).toEqual([200, 403]);
    for (const { headers } of [served, refused]) {
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["content-security-policy"]).toBe("sandbox; default-src 'none'");
    }
  });
});

describe("a signature", () => {
  test("counts under the names by which the store may have been called, and under no other", async () => {
    const { port } = await start({ hosts: ["chat.example.org"] });
    const by = (endpoint: string) => new S3Client({ ...configOf(endpoint), requestChecksumCalculation: "WHEN_REQUIRED" });
    const asked = async (endpoint: string, host: string) =>
      codeOf(await send(port, "GET", pathOf(await linkTo(by(endpoint), "nothing")), { host }));
    expect(await asked("https://chat.example.org", "127.0.0.1:9")).toEqual([404, "NoSuchKey"]); // a proxy has changed the host
    expect(await asked("http://127.0.0.1:9", "127.0.0.1:9")).toEqual([404, "NoSuchKey"]);
    expect(await asked("https://evil.example.org", "127.0.0.1:9")).toEqual([403, "SignatureDoesNotMatch"]);
  });

  test("covers what is sent", async () => {
    const s3 = await start();
    const hash = { "x-amz-content-sha256": await sha256("content") };
    expect((await signed(s3, "PUT", "a", "content", hash)).status).toBe(200);
    expect(codeOf(await signed(s3, "PUT", "a", "another", hash))).toEqual([400, "XAmzContentSHA256Mismatch"]);
    expect(codeOf(await signed(s3, "PUT", "a", "content", {}))).toEqual([400, "InvalidRequest"]);
    const { client } = s3;
    expect(await (await client.send(new GetObjectCommand({ Bucket, Key: "a" }))).Body?.transformToString()).toBe("content");
  });

  test("is refused when its clock is a quarter of an hour off", async () => {
    const s3 = await start();
    const hash = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    const at = (minutes: number) => signed(s3, "PUT", "a", "content", hash, new Date(Date.now() + minutes * 60_000));
    expect([(await at(-14)).status, (await at(14)).status]).toEqual([200, 200]);
    for (const minutes of [-16, 16]) expect(codeOf(await at(minutes))).toEqual([403, "RequestTimeTooSkewed"]);
  });
});

describe("a body in chunks", () => {
  const chunked = (s3: LocalS3, body: string, length: number, more: Record<string, string> = {}) =>
    signed(s3, "PUT", "chunked", body, {
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": String(length),
      "x-amz-trailer": "x-amz-checksum-crc32",
      "content-encoding": "aws-chunked",
      ...more,
    });
  const crc32OfHello = "NhCmhg==";

  test("is kept without them if its checksum is right, and else not at all", async () => {
    const s3 = await start();
    const whole = `2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:${crc32OfHello}\r\n\r\n`;
    expect((await chunked(s3, whole, 5)).status).toBe(200);
    const object = await s3.client.send(new GetObjectCommand({ Bucket, Key: "chunked" }));
    expect([await object.Body?.transformToString(), object.ContentEncoding]).toEqual(["hello", undefined]);
    expect(codeOf(await chunked(s3, whole.replace("he", "HE"), 5))).toEqual([400, "BadDigest"]);
    expect(codeOf(await chunked(s3, whole.replace(/x-amz.*\r\n/, ""), 5))).toEqual([400, "BadDigest"]);
    expect(codeOf(await chunked(s3, whole, 6))).toEqual([400, "IncompleteBody"]);
    expect(codeOf(await chunked(s3, whole, 4))).toEqual([400, "IncompleteBody"]);
    expect(codeOf(await chunked(s3, whole.slice(0, 12), 5))).toEqual([400, "IncompleteBody"]);
    expect(codeOf(await chunked(s3, whole.replace("2\r\n", "zz\r\n"), 5))).toEqual([400, "InvalidRequest"]);
    expect(codeOf(await chunked(s3, whole.replace("2\r\n", "1\r\n"), 5))).toEqual([400, "InvalidRequest"]);
    expect(codeOf(await chunked(s3, whole, 5, { "x-amz-trailer": "x-amz-checksum-crc64nvme" }))).toEqual([501, "NotImplemented"]);
  });
});

describe("an upload that does not end", () => {
  const filesIn = (folder: string) =>
    readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;

  test.each(["PUT", "POST"])("leaves nothing of a %s, and what stood there before stays", async (method) => {
    const { client, port, dataDir } = await start();
    await put(client, "half", "whole");
    const link = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: "half" }));
    const { fields } = await createPresignedPost(client, { Bucket, Key: "half" });
    const parts = Object.entries({ ...fields, file: "the first ha" }).map(
      ([name, value]) => `--b\r\ncontent-disposition: form-data; name="${name}"${name === "file" ? '; filename="x"' : ""}\r\n\r\n${value}`,
    );
    const target = method === "PUT" ? pathOf(link) : `/_s3/${Bucket}`;
    const headers = { "content-length": "100000", ...(method === "POST" ? { "content-type": "multipart/form-data; boundary=b" } : {}) };
    const upload = httpRequest({ host: "127.0.0.1", port, method, path: target, headers });
    upload.on("error", () => undefined);
    upload.write(method === "PUT" ? "the first ha" : parts.join("\r\n"));
    const drafts = path.join(dataDir, Bucket, "drafts");
    await until(() => filesIn(drafts) === 1, "the upload to begin");
    upload.destroy();
    await until(() => filesIn(drafts) === 0, "what has come of it to go");
    expect(await (await client.send(new GetObjectCommand({ Bucket, Key: "half" }))).Body?.transformToString()).toBe("whole");
  });

  test("is thrown away by the next start, if the process ended before it did; objects are there again", async () => {
    const first = await start();
    await put(first.client, "kept", "content");
    const link = await getSignedUrl(first.client, new PutObjectCommand({ Bucket, Key: "half" }));
    const upload = httpRequest({
      host: "127.0.0.1",
      port: first.port,
      method: "PUT",
      path: pathOf(link),
      headers: { "content-length": "100" },
    });
    upload.on("error", () => undefined);
    upload.write("the first ha");
    await until(() => filesIn(path.join(first.dataDir, Bucket, "drafts")) === 1, "the upload to begin");
    const second = await start({ dataDir: first.dataDir });
    expect(filesIn(path.join(first.dataDir, Bucket, "drafts"))).toBe(0);
    const { Body } = await second.client.send(new GetObjectCommand({ Bucket, Key: "kept" }));
    expect(await Body?.transformToString()).toBe("content");
    expect(codeOf(await send(second.port, "GET", pathOf(await linkTo(second.client, "half"))))).toEqual([404, "NoSuchKey"]);
    upload.destroy();
  });
});

describe("pages of other sites", () => {
  test("are not let in; those of this one may post", async () => {
    const cors = {
      allowOrigins: ["https://chat.example.org"],
      allowMethods: ["POST"],
      allowHeaders: ["content-type"],
      maxAgeSeconds: 3600,
    };
    const { port } = await start({ cors });
    const ask = (origin: string) =>
      send(port, "OPTIONS", `/_s3/${Bucket}`, {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
      });
    const own = await ask("https://chat.example.org");
    expect([own.status, own.headers["access-control-allow-origin"], own.headers["access-control-allow-methods"]]).toEqual([
      200,
      "https://chat.example.org",
      "POST",
    ]);
    const other = await ask("https://evil.example.org");
    expect([other.status, other.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
    const refused = await send(port, "POST", `/_s3/${Bucket}`, { origin: "https://chat.example.org" });
    expect([refused.status, refused.headers["access-control-allow-origin"]]).toEqual([400, "https://chat.example.org"]);
  });
});

describe("what is not asked for in the way of S3", () => {
  test.each([
    ["GET", "/_s3/uploads/%E0%A4%A", 400, "InvalidURI"],
    ["GET", `/_s3/uploads/${"x".repeat(1025)}`, 400, "KeyTooLongError"],
    ["GET", "/_s3/uploads/x", 403, "AccessDenied"],
    ["GET", "/_s3/other/x", 403, "AccessDenied"],
    ["GET", "/_s3", 403, "AccessDenied"],
    ["DELETE", "/_s3/uploads/x", 403, "AccessDenied"],
    ["POST", "/_s3/uploads?delete", 403, "AccessDenied"],
    ["GET", "/_s3/uploads/x?X-Amz-Signature=0", 403, "AccessDenied"],
    ["POST", "/_s3/uploads", 400, "MalformedPOSTRequest"],
  ])("%s %s is answered with %i %s", async (method, target, status, code) => {
    const { port } = await start();
    expect(codeOf(await send(port, method, target))).toEqual([status, code]);
  });

  test("says what it does not know, and does nothing else instead", async () => {
    const s3 = await start();
    const hash = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    expect(codeOf(await signed(s3, "POST", "x", "", hash))).toEqual([405, "MethodNotAllowed"]);
    const unknown = new S3Client({ ...configOf(s3.url), maxAttempts: 1 });
    const link = await getSignedUrl(unknown, new GetObjectCommand({ Bucket, Key: "x", VersionId: "1" }));
    expect(codeOf(await send(s3.port, "GET", pathOf(link)))).toEqual([501, "NotImplemented"]);
  });
});

describe("what is old", () => {
  test("is deleted where its key begins so, and nothing else is", async () => {
    const { client, expire } = await start();
    for (const key of ["pending/1", "pending/2", "files/1"]) await put(client, key);
    expect(await expire("pending/", 60_000)).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await expire("pending/", 10)).toBe(2);
    const found = ["pending/1", "pending/2", "files/1"].map((Key) =>
      client.send(new GetObjectCommand({ Bucket, Key })).then(
        () => true,
        () => false,
      ),
    );
    expect(await Promise.all(found)).toEqual([false, false, true]);
  });
});

test("the meter counts what AWS bills: of a browser as its own, of nobody what is refused, and no deletion", async () => {
  const meter = new Meter();
  const { client, port } = await start({ observe: meter.observe });
  await put(client, "counted");
  await send(port, "GET", pathOf(await linkTo(client, "counted")));
  await send(port, "GET", `/_s3/${Bucket}/counted`);
  const { units, requests } = meter.snapshot();
  expect([units.s3Puts, units.s3Gets]).toEqual([1, 1]);
  expect(requests.map(({ label, count }) => [label, count])).toEqual([["s3 GET (a browser)", 1]]);
});
