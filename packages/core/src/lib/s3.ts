import { createHash } from "node:crypto";
import { channel } from "node:diagnostics_channel";
import { createScope, SignatureV4 } from "@smithy/signature-v4";
import { unavailable } from "./error";
import { aws, resources } from "./resources";
import { Sha256 } from "./sha256";
import { sleep } from "./sleep";

/*
 * The object store, by its own HTTP API, signed with the SDK's signer, which the tables' client brings along already: the whole S3 client would make every
 * cold start slower for the few requests of so few kinds (docs/decisions/0019-files.md). Keys are our own: letters, digits, `_`, `-` and `/`.
 */

/** Every request is announced here with what it is billed as, as long as somebody listens (the local meter does). */
const requests = channel("agora:s3");

const TRIES = 3;
const BACKOFF_MS = 50;
const TIMEOUT_MS = 8_000;

interface Wish {
  /** What S3 bills; a deletion is free. */
  kind: "put" | "get" | "free";
  headers?: Record<string, string>;
  query?: Record<string, string>;
  body?: Uint8Array<ArrayBuffer>;
}

async function signer(): Promise<{ signer: SignatureV4; accessKeyId: string; sessionToken: string | undefined }> {
  const credentials = await aws.credentials();
  const { accessKeyId } = credentials;
  return {
    signer: new SignatureV4({ credentials, region: aws.region, service: "s3", sha256: Sha256, uriEscapePath: false }),
    accessKeyId,
    sessionToken: "sessionToken" in credentials ? credentials.sessionToken : undefined,
  };
}

function addressOf(base: string, key: string) {
  const { protocol, host, pathname, origin } = new URL(base);
  const path = `${pathname.replace(/\/$/, "")}/${key}`;
  return { protocol, hostname: host, path, url: `${origin}${path}`, headers: { host } };
}

/** Answers also what is no success, but for what may work a moment later. @throws unavailable */
async function call(method: string, key: string, { kind, headers = {}, query = {}, body }: Wish): Promise<Response> {
  const { name, url: publicUrl } = resources.uploads;
  const address = addressOf(aws.s3Endpoint === undefined ? publicUrl : `${aws.s3Endpoint}/${name}`, key);
  const search = new URLSearchParams(query).toString();
  for (let attempt = 1; ; attempt++) {
    try {
      const { headers: signed } = await (
        await signer()
      ).signer.sign({ ...address, query, method, headers: { ...address.headers, ...headers } });
      const { host: _, ...sent } = signed;
      if (kind !== "free" && requests.hasSubscribers) requests.publish({ kind });
      const response = await fetch(search === "" ? address.url : `${address.url}?${search}`, {
        method,
        headers: sent,
        body: body ?? null,
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.status < 500) return response;
      throw new Error(`S3 answered ${method} with ${response.status}: ${codeIn(await response.text())}`);
    } catch (error) {
      if (attempt === TRIES) throw unavailable(error);
      await sleep(Math.random() * BACKOFF_MS * attempt);
    }
  }
}

const codeIn = (xml: string): string | undefined => /<Code>(\w{1,64})<\/Code>/.exec(xml)?.[1];

async function refused(method: string, response: Response): Promise<Error> {
  return new Error(`S3 refused ${method} with ${response.status}: ${codeIn(await response.text())}`);
}

export interface ObjectStart {
  size: number;
  contentType: string;
  etag: string;
  /** As many as were asked for, or all there are. */
  bytes: Uint8Array;
}

/** What is said of an object, and its first bytes; undefined if there is none, or it is empty. Cost: 1 GET. @throws unavailable */
export async function readStart(key: string, bytes: number): Promise<ObjectStart | undefined> {
  const response = await call("GET", key, { kind: "get", headers: { range: `bytes=0-${bytes - 1}` } });
  if (response.status === 404 || response.status === 416) {
    await response.body?.cancel();
    return undefined;
  }
  if (response.status !== 206) throw await refused("GET", response);
  return {
    size: Number(response.headers.get("content-range")?.split("/")[1]),
    contentType: response.headers.get("content-type") ?? "",
    etag: response.headers.get("etag") ?? "",
    bytes: new Uint8Array(await response.arrayBuffer()),
  };
}

/** Cost: 1 GET. @throws unavailable */
export async function exists(key: string): Promise<boolean> {
  const response = await call("HEAD", key, { kind: "get" });
  if (response.ok || response.status === 404) return response.ok;
  throw await refused("HEAD", response);
}

/** How an object is sent to whoever fetches it. */
export interface SentAs {
  contentType: string;
  contentDisposition: string;
  /** Nobody keeps it when it was shown. */
  isFleeting?: boolean;
}

/**
 * Copies an object if it is still the one that was looked at, to be sent in another way. Answers false if it is not there any more, or another one.
 * Cost: 1 COPY. @throws unavailable
 */
export async function copy(
  from: string,
  to: string,
  etag: string,
  { contentType, contentDisposition, isFleeting = false }: SentAs,
): Promise<boolean> {
  const response = await call("PUT", to, {
    kind: "put",
    headers: {
      "x-amz-copy-source": `/${resources.uploads.name}/${from}`,
      "x-amz-copy-source-if-match": etag,
      "x-amz-metadata-directive": "REPLACE",
      "content-type": contentType,
      "content-disposition": contentDisposition,
      // What stands under a key never changes, and a link to it is for one person.
      "cache-control": isFleeting ? "no-store" : "private, max-age=86400, immutable",
    },
  });
  const text = await response.text();
  // S3 may begin to answer before a copy is done, and then its failure stands in the body of a success.
  if (response.ok && codeIn(text) === undefined) return true;
  if (response.status === 404 || response.status === 412) return false;
  throw unavailable(new Error(`S3 refused a copy with ${response.status}: ${codeIn(text)}`));
}

/** Stores an object of our own under a key that nothing else has. S3 refuses it if it arrives as anything else. Cost: 1 PUT. @throws unavailable */
export async function put(key: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const digest = createHash("sha256").update(body).digest();
  const response = await call("PUT", key, {
    kind: "put",
    body,
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(body.byteLength),
      "x-amz-content-sha256": digest.toString("hex"),
      "x-amz-checksum-sha256": digest.toString("base64"),
    },
  });
  if (!response.ok) throw await refused("PUT", response);
  await response.body?.cancel();
}

/** So many bytes of an object, from one on; undefined if it is not there. Cost: 1 GET. @throws unavailable */
export async function read(key: string, { start, length }: { start: number; length: number }): Promise<Uint8Array | undefined> {
  const response = await call("GET", key, { kind: "get", headers: { range: `bytes=${start}-${start + length - 1}` } });
  if (response.status === 404) {
    await response.body?.cancel();
    return undefined;
  }
  if (response.status !== 206) throw await refused("GET", response);
  return new Uint8Array(await response.arrayBuffer());
}

const LISTED_AT_ONCE = 1000;

/** Keys that begin so: a thousand at most, in their order. Cost: 1 LIST, which costs as much as a PUT. @throws unavailable */
export async function list(prefix: string): Promise<string[]> {
  const query = { "list-type": "2", "max-keys": String(LISTED_AT_ONCE), prefix };
  const response = await call("GET", "", { kind: "put", query });
  if (!response.ok) throw await refused("GET", response);
  return [...(await response.text()).matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = ""]) => key);
}

/** Safe to call for what is not there. Cost: nothing. @throws unavailable */
export async function remove(key: string): Promise<void> {
  const response = await call("DELETE", key, { kind: "free" });
  if (!response.ok && response.status !== 404) throw await refused("DELETE", response);
  await response.body?.cancel();
}

/**
 * A link by which whoever has it reads an object. Made at the same moment it is the same, so that a browser that has the object already knows it again.
 * Cost: none.
 */
export async function linkTo(key: string, { from, seconds }: { from: Date; seconds: number }): Promise<string> {
  const address = addressOf(resources.uploads.url, key);
  const unsigned = new Set(["x-amz-content-sha256"]); // said to the signer; in a link it goes without saying
  const { query = {} } = await (
    await signer()
  ).signer.presign(
    { ...address, method: "GET", headers: { ...address.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } },
    { signingDate: from, expiresIn: seconds, unsignableHeaders: unsigned, unhoistableHeaders: unsigned },
  );
  return `${address.url}?${new URLSearchParams(query as Record<string, string>).toString()}`;
}

/** A form by which a browser uploads an object of just this size and type. Cost: none. */
export async function formFor(
  key: string,
  { contentType, size, seconds }: { contentType: string; size: number; seconds: number },
): Promise<{ url: string; fields: Record<string, string> }> {
  const { signer: by, accessKeyId, sessionToken } = await signer();
  const now = new Date();
  const date = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const fields: Record<string, string> = {
    key,
    "Content-Type": contentType,
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${accessKeyId}/${createScope(date.slice(0, 8), aws.region, "s3")}`,
    "X-Amz-Date": date,
    ...(sessionToken === undefined ? {} : { "X-Amz-Security-Token": sessionToken }),
  };
  const conditions = [
    { bucket: resources.uploads.name },
    ["content-length-range", size, size],
    ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
  ];
  const expiration = new Date(now.getTime() + seconds * 1000).toISOString();
  const Policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString("base64");
  const signature = await by.sign(Policy, { signingDate: now });
  return { url: resources.uploads.url, fields: { ...fields, Policy, "X-Amz-Signature": signature } };
}
