import { Readable } from "node:stream";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { createPresignedPost, type PresignedPostOptions } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { s3UnderTest, type S3UnderTest } from "./testing/s3-under-test";

/*
 * What Agora may ask of an object store, with the real SDK client, and with `fetch` where a browser would. With AGORA_TEST_BUCKET (and the usual AWS
 * variables) the same is said to Amazon's.
 */

let world: S3UnderTest;
let client: S3Client;
let Bucket: string;
const prefix = `contract-${Date.now().toString(36)}/`;

beforeAll(async () => {
  world = await s3UnderTest();
  Bucket = world.bucket;
  client = clientWith({});
});
afterAll(async () => {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: prefix }));
  for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket, Key }));
  await world.close();
});

/** What presigns must not put the checksum of a body that it does not know into the address. */
const clientWith = (more: S3ClientConfig) => new S3Client({ ...world.config, maxAttempts: 1, ...more });
const presigner = () => clientWith({ requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" });

const put = (name: string, Body: string | Buffer, more = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key: prefix + name, Body, ...more }));
const head = (name: string) => client.send(new HeadObjectCommand({ Bucket, Key: prefix + name }));
const read = async (name: string, more = {}) =>
  (await client.send(new GetObjectCommand({ Bucket, Key: prefix + name, ...more }))).Body?.transformToString();
/** The name and the status of what an SDK call throws. */
const refusal = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as Error & { $metadata?: { httpStatusCode?: number } },
  );
  return error && [error.name, error.$metadata?.httpStatusCode];
};
const codeOf = async (response: Response) => [response.status, /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1]];
const linkTo = (name: string, more = {}, expiresIn = 300) =>
  getSignedUrl(presigner(), new GetObjectCommand({ Bucket, Key: prefix + name, ...more }), { expiresIn });

describe("objects", () => {
  test("are put and read, with what was said of them", async () => {
    await put("said.txt", "hello", {
      ContentType: "text/plain",
      Metadata: { owner: "u1" },
      CacheControl: "max-age=60",
      ContentDisposition: 'attachment; filename="x.txt"',
    });
    const { ContentType, ContentLength, Metadata, CacheControl, ContentDisposition, ETag } = await head("said.txt");
    expect({ ContentType, ContentLength, Metadata, CacheControl, ContentDisposition, ETag }).toEqual({
      ContentType: "text/plain",
      ContentLength: 5,
      Metadata: { owner: "u1" },
      CacheControl: "max-age=60",
      ContentDisposition: 'attachment; filename="x.txt"',
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
    });
    expect(await read("said.txt")).toBe("hello");
  });

  test("come whole when they are sent as a stream, which the SDK cuts into chunks with a checksum behind them", async () => {
    const pieces = Array.from({ length: 50 }, (_, i) => Buffer.alloc(10_007, i));
    const ContentLength = pieces.length * 10_007;
    await client.send(new PutObjectCommand({ Bucket, Key: `${prefix}streamed`, Body: Readable.from(pieces), ContentLength }));
    const answer = await client.send(new GetObjectCommand({ Bucket, Key: `${prefix}streamed` }));
    expect(Buffer.from((await answer.Body?.transformToByteArray()) ?? []).equals(Buffer.concat(pieces))).toBe(true);
  });

  test("may be empty, and are replaced as a whole", async () => {
    await put("twice", "first");
    await put("twice", "");
    expect([await read("twice"), (await head("twice")).ContentLength]).toEqual(["", 0]);
  });

  test("are put only where there is none, if that is asked", async () => {
    await put("once", "first", { IfNoneMatch: "*" });
    expect(await refusal(put("once", "second", { IfNoneMatch: "*" }))).toEqual(["PreconditionFailed", 412]);
    expect(await read("once")).toBe("first");
  });

  test("that are put at the same moment under that condition are one", async () => {
    const outcomes = await Promise.all(Array.from({ length: 10 }, async (_, i) => refusal(put("raced", String(i), { IfNoneMatch: "*" }))));
    // Amazon may also answer that another request is under way.
    const refused = outcomes.filter((outcome) => outcome !== undefined);
    expect(refused.every(([, status]) => status === 412 || status === 409)).toBe(true);
    expect(outcomes.length - refused.length).toBe(1);
  });

  test("are read in part", async () => {
    await put("digits", "0123456789");
    expect(await read("digits", { Range: "bytes=2-4" })).toBe("234");
    expect(await read("digits", { Range: "bytes=7-" })).toBe("789");
    expect(await read("digits", { Range: "bytes=-2" })).toBe("89");
    const { ContentRange, $metadata } = await client.send(new GetObjectCommand({ Bucket, Key: `${prefix}digits`, Range: "bytes=0-100" }));
    expect([ContentRange, $metadata.httpStatusCode]).toEqual(["bytes 0-9/10", 206]);
    expect(await refusal(read("digits", { Range: "bytes=10-" }))).toEqual(["InvalidRange", 416]);
  });

  test("have keys of any kind", async () => {
    const names = [
      "é a+b/ü ñ.txt",
      "..",
      "a/../b",
      "%2e%2e/x",
      "A",
      "a",
      "co:n*?<>|\\",
      "x".repeat(900),
      "\u{1F600}'()!*",
      "a//b",
      "tail/",
    ];
    for (const name of names) await put(`keys/${name}`, name);
    for (const name of names) expect(await read(`keys/${name}`)).toBe(name);
    // `fetch`, as browsers, takes a part of a path that is only dots for a direction.
    const linked = names.filter((name) => !/(^|\/)(\.|%2e){2}(\/|$)/.test(name));
    for (const name of linked) expect(await (await fetch(await linkTo(`keys/${name}`))).text()).toBe(name);
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: `${prefix}keys/` }));
    const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    expect(Contents.map(({ Key }) => Key?.slice(`${prefix}keys/`.length))).toEqual(names.sort(byBytes));
  });

  test("are missing in the words of S3", async () => {
    expect(await refusal(read("nothing"))).toEqual(["NoSuchKey", 404]);
    expect(await refusal(head("nothing"))).toEqual(["NotFound", 404]);
    await client.send(new DeleteObjectCommand({ Bucket, Key: `${prefix}nothing` }));
    expect(await refusal(client.send(new HeadBucketCommand({ Bucket })))).toBeUndefined();
  });

  test("are deleted one by one, and several at once", async () => {
    for (const name of ["gone/1", "gone/2 <&>", "gone/3"]) await put(name, "x");
    await client.send(new DeleteObjectCommand({ Bucket, Key: `${prefix}gone/1` }));
    const Objects = [`${prefix}gone/2 <&>`, `${prefix}gone/never`].map((Key) => ({ Key }));
    const { Deleted = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted.map(({ Key }) => Key).sort()).toEqual(Objects.map(({ Key }) => Key).sort());
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: `${prefix}gone/` }));
    expect(Contents.map(({ Key }) => Key)).toEqual([`${prefix}gone/3`]);
  });
});

describe("a copy", () => {
  const copy = (from: string, to: string, more = {}) =>
    client.send(new CopyObjectCommand({ Bucket, Key: prefix + to, CopySource: encodeURI(`${Bucket}/${prefix}${from}`), ...more }));

  test("has what its source has, or what is said anew", async () => {
    await put("source ü", "content", { ContentType: "text/html", Metadata: { a: "1" } });
    await copy("source ü", "same");
    expect(await head("same")).toMatchObject({ ContentType: "text/html", Metadata: { a: "1" } });
    await copy("source ü", "other", {
      MetadataDirective: "REPLACE",
      ContentType: "application/octet-stream",
      ContentDisposition: "attachment",
    });
    expect(await head("other")).toMatchObject({
      ContentType: "application/octet-stream",
      ContentDisposition: "attachment",
      Metadata: {},
    });
    expect(await read("other")).toBe("content");
  });

  test("is made only of what was seen, if that is asked", async () => {
    await put("seen", "seen");
    const { ETag } = await head("seen");
    await put("seen", "changed");
    expect(await refusal(copy("seen", "of-seen", { CopySourceIfMatch: ETag }))).toEqual(["PreconditionFailed", 412]);
    expect(await refusal(head("of-seen"))).toEqual(["NotFound", 404]);
    await copy("seen", "of-seen", { CopySourceIfMatch: (await head("seen")).ETag });
    expect(await read("of-seen")).toBe("changed");
  });

  test("needs its source", async () => {
    expect(await refusal(copy("never", "nowhere"))).toEqual(["NoSuchKey", 404]);
  });
});

describe("a list", () => {
  test("pages by MaxKeys, StartAfter and ContinuationToken", async () => {
    for (let i = 0; i < 7; i++) await put(`list/${i}`, "x");
    const Prefix = `${prefix}list/`;
    const page = async (more: object) => {
      const {
        Contents = [],
        IsTruncated,
        NextContinuationToken,
      } = await client.send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 2, ...more }));
      return { keys: Contents.map(({ Key }) => Key?.slice(Prefix.length)), IsTruncated, NextContinuationToken };
    };
    const first = await page({ StartAfter: `${Prefix}2` });
    expect([first.keys, first.IsTruncated]).toEqual([["3", "4"], true]);
    const second = await page({ ContinuationToken: first.NextContinuationToken });
    expect([second.keys, second.IsTruncated]).toEqual([["5", "6"], false]);
  });

  test("joins what has a beginning in common", async () => {
    for (const name of ["tree/a/1", "tree/a/2", "tree/b/1", "tree/c"]) await put(name, "x");
    const Prefix = `${prefix}tree/`;
    const { Contents = [], CommonPrefixes = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix, Delimiter: "/" }));
    expect(Contents.map(({ Key }) => Key)).toEqual([`${Prefix}c`]);
    expect(CommonPrefixes.map((one) => one.Prefix)).toEqual([`${Prefix}a/`, `${Prefix}b/`]);
  });
});

describe("a link", () => {
  test("reads an object for whoever has it, with other headers if it says so", async () => {
    await put("linked", "content", { ContentType: "image/png" });
    const plain = await fetch(await linkTo("linked"));
    expect([plain.status, plain.headers.get("content-type"), await plain.text()]).toEqual([200, "image/png", "content"]);
    const other = await fetch(
      await linkTo("linked", { ResponseContentType: "text/plain", ResponseContentDisposition: 'attachment; filename="a.png"' }),
    );
    expect([other.headers.get("content-type"), other.headers.get("content-disposition")]).toEqual([
      "text/plain",
      'attachment; filename="a.png"',
    ]);
    const etag = plain.headers.get("etag") ?? "";
    expect((await fetch(await linkTo("linked"), { headers: { "if-none-match": etag } })).status).toBe(304);
    const part = await fetch(await linkTo("linked"), { headers: { range: "bytes=0-2" } });
    expect([part.status, await part.text()]).toEqual([206, "con"]);
  });

  test("is worth nothing when it was changed, when its time is over, or without its signature", async () => {
    await put("closed", "content");
    const link = await linkTo("closed");
    const refused = [403, "SignatureDoesNotMatch"];
    const lastDigit = link.match(/X-Amz-Signature=.{63}(.)/)?.[1] === "0" ? "1" : "0";
    const forged = link.replace(/(X-Amz-Signature=.{63})./, `$1${lastDigit}`);
    expect(await codeOf(await fetch(forged))).toEqual(refused);
    expect(await codeOf(await fetch(link.replace("closed", "linked")))).toEqual(refused);
    expect(await codeOf(await fetch(`${link}&response-content-type=text%2Fhtml`))).toEqual(refused);
    expect(await codeOf(await fetch(link.replace("X-Amz-Expires=300", "X-Amz-Expires=3000")))).toEqual(refused);
    expect(await codeOf(await fetch(link, { method: "DELETE" }))).toEqual(refused);
    expect(await codeOf(await fetch(link.split("?")[0] ?? ""))).toEqual([403, "AccessDenied"]);
    const short = await linkTo("closed", {}, 1);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect(await codeOf(await fetch(short))).toEqual([403, "AccessDenied"]);
  });

  test("puts an object, of the size that it was signed for", async () => {
    const sign = (name: string, more = {}, options = {}) =>
      getSignedUrl(presigner(), new PutObjectCommand({ Bucket, Key: prefix + name, ...more }), { expiresIn: 300, ...options });
    const headers = { "content-type": "image/png" };
    const plain = await fetch(await sign("put", { ContentType: "image/png" }), { method: "PUT", body: "data", headers });
    expect([plain.status, (await head("put")).ContentType]).toEqual([200, "image/png"]);
    const sized = { signableHeaders: new Set(["content-length", "host"]) };
    expect((await fetch(await sign("sized", { ContentLength: 5 }, sized), { method: "PUT", body: "12345" })).status).toBe(200);
    const larger = await fetch(await sign("sized", { ContentLength: 5 }, sized), { method: "PUT", body: "123456" });
    expect(await codeOf(larger)).toEqual([403, "SignatureDoesNotMatch"]);
  });

  test("cannot be used for more than was signed: a header that says something of the object is refused", async () => {
    const link = await getSignedUrl(presigner(), new PutObjectCommand({ Bucket, Key: `${prefix}more` }), { expiresIn: 300 });
    const answer = await fetch(link, { method: "PUT", body: "x", headers: { "x-amz-meta-owner": "somebody" } });
    expect(await codeOf(answer)).toEqual([403, "AccessDenied"]);
  });
});

describe("a form", () => {
  const sign = (name: string, more: Partial<PresignedPostOptions> = {}) =>
    createPresignedPost(presigner(), {
      Bucket,
      Key: prefix + name,
      Conditions: [
        ["content-length-range", 2, 100],
        ["starts-with", "$Content-Type", "image/"],
      ],
      Fields: { "Content-Type": "image/png" },
      Expires: 300,
      ...more,
    });
  type Signed = Awaited<ReturnType<typeof sign>>;
  const post = ({ url, fields }: Signed, body: string, changed: Record<string, string | null> = {}) => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...fields, ...changed })) if (value !== null) form.append(name, value);
    form.append("file", new Blob([body]), "x.png");
    return fetch(url, { method: "POST", body: form });
  };

  test("uploads what its policy allows", async () => {
    const answer = await post(await sign("form/1"), "DATA");
    expect([answer.status, answer.headers.get("etag")]).toEqual([204, '"e44f9e348e41cb272efa87387728571b"']);
    expect(await head("form/1")).toMatchObject({ ContentType: "image/png", ContentLength: 4 });
    expect(await read("form/1")).toBe("DATA");
  });

  test.each([
    ["is too large", "D".repeat(101), {}, [400, "EntityTooLarge"]],
    ["is much too large", "D".repeat(3_000_000), {}, [400, "EntityTooLarge"]],
    ["is too small", "D", {}, [400, "EntityTooSmall"]],
    ["is of another type", "DATA", { "Content-Type": "text/html" }, [403, "AccessDenied"]],
    ["has another key", "DATA", { key: "elsewhere" }, [403, "AccessDenied"]],
    ["says more than the policy knows", "DATA", { "x-amz-meta-owner": "me" }, [403, "AccessDenied"]],
    ["has no signature", "DATA", { "X-Amz-Signature": "0".repeat(64) }, [403, "SignatureDoesNotMatch"]],
    ["has no policy", "DATA", { Policy: null }, [403, "AccessDenied"]],
    ["is signed with an unknown key", "DATA", { "X-Amz-Credential": "AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/s3/aws4_request" }, [403]],
  ])("that %s is refused, and leaves nothing", async (_, body, changed, [status, code]) => {
    const signed = await sign("form/refused");
    const answer = await post(signed, body, changed);
    expect(await codeOf(answer)).toEqual([status, code ?? expect.stringMatching(/InvalidAccessKeyId|AccessDenied/)]);
    expect(await refusal(head("form/refused"))).toEqual(["NotFound", 404]);
  });

  test("has an end, and a policy that was changed is none", async () => {
    const wider = await sign("form/wider");
    const policy = JSON.parse(Buffer.from(wider.fields["Policy"] ?? "", "base64").toString());
    policy.conditions = policy.conditions.filter((one: unknown) => !Array.isArray(one));
    const changed = { Policy: Buffer.from(JSON.stringify(policy)).toString("base64") };
    expect(await codeOf(await post(wider, "D".repeat(500), changed))).toEqual([403, "SignatureDoesNotMatch"]);
    const short = await sign("form/late", { Expires: 1 });
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect(await codeOf(await post(short, "DATA"))).toEqual([403, "AccessDenied"]);
  });

  test("needs a file", async () => {
    const { url, fields } = await sign("form/none");
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    expect((await fetch(url, { method: "POST", body: form })).status).toBe(400);
  });
});

describe("a key pair", () => {
  test("that is not known, or whose secret is another, opens nothing", async () => {
    const credentials = await world.credentials();
    const with_ = (other: object) => clientWith({ credentials: { ...credentials, ...other } });
    const get = (by: S3Client) => refusal(by.send(new GetObjectCommand({ Bucket, Key: `${prefix}digits` })));
    expect(await get(with_({ secretAccessKey: "another secret" }))).toEqual(["SignatureDoesNotMatch", 403]);
    expect(await get(with_({ accessKeyId: "AKIAIOSFODNN7EXAMPLE" }))).toEqual(["InvalidAccessKeyId", 403]);
  });
});
