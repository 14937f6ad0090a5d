import type { OutgoingHttpHeaders } from "node:http";
import type { Authenticator, Signed } from "./authentication";
import { byteRange } from "./byte-range";
import { readForm } from "./form-upload";
import { listObjects } from "./listing";
import { describe, headersOf } from "./object-headers";
import { KeyTaken, type Draft, type ObjectStore, type OpenObject } from "./object-store";
import { Payload } from "./payload";
import { checkPolicy } from "./post-policy";
import { decodeKey, type S3Request } from "./request";
import { S3Error } from "./s3-error";
import { document, textsOf } from "./xml";

export interface Answer {
  status: number;
  headers?: OutgoingHttpHeaders;
  /** XML, or what is in an object. */
  body?: string | { chunks: AsyncIterable<Buffer>; close(): Promise<void> };
}

/** What S3 bills it as. */
type Kind = "put" | "get" | "free";

interface Operation {
  kind: Kind;
  run: () => Promise<Answer>;
}

interface Context {
  request: S3Request;
  signed: Signed;
  store: ObjectStore;
  now: () => number;
}

/** @throws S3Error NotImplemented, MethodNotAllowed */
export function answerTo(context: Context): Operation {
  const { method, query, key, headers } = context.request;
  const operation = [...query.keys()].find((name) => OTHER_OPERATIONS.has(name));
  if (operation !== undefined) throw new S3Error("NotImplemented", `${operation} is not implemented here.`);
  if (key === "") return onBucket(context);
  switch (method) {
    case "GET":
    case "HEAD":
      return { kind: "get", run: () => getObject(context) };
    case "PUT":
      return { kind: "put", run: () => ("x-amz-copy-source" in headers ? copyObject(context) : putObject(context)) };
    case "DELETE":
      return { kind: "free", run: () => deleteObject(context) };
    default:
      throw new S3Error("MethodNotAllowed", "The specified method is not allowed against this resource.");
  }
}

/** They change what a method means, so that a client that asks for one of them must not get something else. */
const OTHER_OPERATIONS = new Set(
  "acl attributes cors encryption legal-hold lifecycle logging notification partNumber policy publicAccessBlock retention restore select tagging torrent uploadId uploads versionId versioning versions website".split(
    " ",
  ),
);

function onBucket({ request, signed, store }: Context): Operation {
  const { method, query, bucket } = request;
  if (method === "HEAD") return { kind: "get", run: async () => ({ status: 200 }) };
  if (method === "GET" && query.get("list-type") === "2") {
    return { kind: "put", run: async () => ({ status: 200, body: await listObjects(store, bucket, query) }) };
  }
  if (method === "POST" && query.has("delete")) return { kind: "free", run: () => deleteObjects(request, signed, store) };
  if (method === "PUT" && query.size === 0) {
    throw new S3Error("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.");
  }
  throw new S3Error("NotImplemented", "This is not implemented here.");
}

async function getObject({ request, store }: Context): Promise<Answer> {
  const { method, headers, query, key } = request;
  const object = await find(store, key);
  try {
    const { head } = object;
    const outgoing = headersOf(head, query);
    const isSame = (header: string | undefined) => header?.split(/\s*,\s*/).some((tag) => tag === "*" || tag === `"${head.etag}"`);
    if (headers["if-match"] !== undefined && !isSame(headers["if-match"])) throw preconditionFailed();
    if (isSame(headers["if-none-match"])) {
      await object.close();
      const { "content-length": _, ...kept } = outgoing;
      return { status: 304, headers: kept };
    }
    const range = byteRange(headers.range, head.size);
    const { start, end } = range ?? { start: 0, end: head.size - 1 };
    const part = range && { "content-range": `bytes ${start}-${end}/${head.size}`, "content-length": end - start + 1 };
    const body = { chunks: method === "HEAD" ? none() : object.read(start, end), close: () => object.close() };
    return { status: range ? 206 : 200, headers: { ...outgoing, ...part }, body };
  } catch (error) {
    await object.close();
    throw error;
  }
}

/** For the headers alone. */
async function* none(): AsyncGenerator<Buffer> {}

async function putObject({ request, signed, store, now }: Context): Promise<Answer> {
  const { headers, key, message } = request;
  const isNew = mustBeNew(headers["if-none-match"]);
  const said = describe(Object.entries(headers).map(([name, value]) => [name, String(value)] as const));
  const payload = new Payload(message, headers, signed.payload);
  const { etag } = await writeTo(store, payload.verified(), (draft) => draft.commit(key, { ...said, modified_at: now() }, { isNew }));
  return { status: 200, headers: { etag: `"${etag}"` } };
}

/** @throws S3Error NotImplemented for other conditions than that there is no such object yet. */
function mustBeNew(header: string | undefined): boolean {
  if (header !== undefined && header !== "*") throw new S3Error("NotImplemented", "If-None-Match takes * alone here.");
  return header === "*";
}

async function copyObject({ request, store, now }: Context): Promise<Answer> {
  const { headers, key, bucket } = request;
  const [sourceBucket, ...rest] = String(headers["x-amz-copy-source"]).replace(/^\//, "").split("/");
  if (sourceBucket !== bucket) throw new S3Error("NoSuchBucket", "The specified bucket does not exist");
  const source = await find(store, decodeKey(rest.join("/")));
  try {
    const { head } = source;
    const wanted = headers["x-amz-copy-source-if-match"];
    if (wanted !== undefined && String(wanted).replaceAll('"', "") !== head.etag) throw preconditionFailed();
    const isReplaced = headers["x-amz-metadata-directive"] === "REPLACE";
    if (key === head.key && !isReplaced) throw new S3Error("InvalidRequest", "This copy would change nothing.");
    const said = isReplaced ? describe(Object.entries(headers).map(([name, value]) => [name, String(value)] as const)) : head;
    const description = { headers: said.headers, metadata: said.metadata, modified_at: now() };
    const { etag } = await writeTo(store, source.read(0, head.size - 1), (draft) => draft.commit(key, description));
    const result = { ETag: `"${etag}"`, LastModified: new Date(description.modified_at).toISOString() };
    return { status: 200, body: document("CopyObjectResult", result) };
  } finally {
    await source.close();
  }
}

async function deleteObject({ request, store }: Context): Promise<Answer> {
  await store.delete(request.key);
  return { status: 204 };
}

const DELETE_MAX_BYTES = 2 * 1024 * 1024;

async function deleteObjects({ message, headers }: S3Request, signed: Signed, store: ObjectStore): Promise<Answer> {
  const xml = await new Payload(message, headers, signed.payload).text(DELETE_MAX_BYTES);
  const keys = textsOf(xml, "Key");
  if (keys.length === 0 || keys.length > 1000)
    throw new S3Error("MalformedXML", "The XML you provided was not well-formed or did not validate.");
  for (const key of keys) await store.delete(key);
  const isQuiet = textsOf(xml, "Quiet")[0] === "true";
  return { status: 200, body: document("DeleteResult", { Deleted: isQuiet ? [] : keys.map((Key) => ({ Key })) }) };
}

interface FormContext {
  request: S3Request;
  store: ObjectStore;
  authenticator: Authenticator;
  now: () => number;
}

/** A form that a browser posts, with the policy that somebody has signed for it. */
export async function postForm({ request, store, authenticator, now }: FormContext): Promise<Answer> {
  const { fields, file } = await readForm(request.message);
  const field = (name: string) => fields.get(name);
  const policy = field("policy");
  const key = field("key") ?? "";
  if (policy === undefined) throw new S3Error("AccessDenied", "Access Denied");
  await authenticator.assertPolicySigned(policy, field);
  const { minBytes, maxBytes } = checkPolicy(policy, fields, request.bucket, now());
  if (key === "") throw new S3Error("InvalidArgument", "Bucket POST must contain a field named 'key'.");
  decodeKey(encodeURIComponent(key)); // its length
  if (field("success_action_redirect") !== undefined) throw new S3Error("NotImplemented", "A redirect is not implemented here.");
  const said = describe(fields);
  const { etag } = await writeTo(store, bounded(file, maxBytes), async (draft) => {
    if (draft.size < minBytes) throw new S3Error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
    return draft.commit(key, { ...said, modified_at: now() });
  });
  const headers = { etag: `"${etag}"` };
  if (field("success_action_status") !== "201") return { status: field("success_action_status") === "200" ? 200 : 204, headers };
  return { status: 201, headers, body: document("PostResponse", { Bucket: request.bucket, Key: key, ETag: `"${etag}"` }, "") };
}

async function* bounded(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
    yield chunk;
  }
}

/** Writes what comes, and commits it when all of it has come. Otherwise nothing is left of it. */
async function writeTo<T>(store: ObjectStore, chunks: AsyncIterable<Buffer>, commit: (draft: Draft) => Promise<T>): Promise<T> {
  const draft = await store.begin();
  try {
    for await (const chunk of chunks) await draft.write(chunk);
    return await commit(draft);
  } catch (error) {
    throw error instanceof KeyTaken ? preconditionFailed() : error;
  } finally {
    await draft.discard();
  }
}

async function find(store: ObjectStore, key: string): Promise<OpenObject> {
  const object = await store.find(key);
  if (!object) throw new S3Error("NoSuchKey", "The specified key does not exist.");
  return object;
}

const preconditionFailed = () => new S3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
