import { randomUUID } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import path from "node:path";
import { corsHeaders, preflightHeaders, type CorsOptions } from "../gateway/cors";
import type { Observe } from "../gateway/observe";
import type { KeyPair } from "../gateway/signature";
import type { PathHandler } from "../origin";
import { Authenticator } from "./authentication";
import { ObjectStore } from "./object-store";
import { answerTo, postForm, type Answer } from "./operations";
import { readRequest } from "./request";
import { S3Error } from "./s3-error";
import { document } from "./xml";

export interface S3Options {
  /** A folder for each bucket is made in it. */
  dataDir: string;
  buckets: readonly string[];
  /** What stands before the bucket in the paths that are handed over, such as `/_s3`. */
  prefix: string;
  keys: KeyPair;
  /** How the store is called beside what a request itself says, with port: behind a proxy the two differ. */
  hosts?: readonly string[];
  /** Whose pages may post to it and read from it. */
  cors?: CorsOptions;
  observe?: Observe;
  onError?: (error: unknown) => void;
  now?: () => number;
}

export interface S3 extends PathHandler {
  /** Deletes objects whose keys begin so and that are older. Resolves to how many. */
  expire(bucket: string, prefix: string, olderThanMs: number): Promise<number>;
}

/** It is served under the site's own origin, so nothing that somebody has uploaded may act in the site's name, whatever it says that it is. */
const HARMLESS = { "x-content-type-options": "nosniff", "content-security-policy": "sandbox; default-src 'none'" };

/** As much of Amazon S3 as Agora uses, on files. What it serves is signed: nobody gets anything by a key alone. */
export async function openS3(options: S3Options): Promise<S3> {
  const { dataDir, prefix, cors, observe = {}, onError = () => undefined, now = () => Date.now() } = options;
  const stores = new Map<string, ObjectStore>();
  for (const bucket of options.buckets) stores.set(bucket, await ObjectStore.open(path.join(dataDir, bucket)));
  const authenticator = new Authenticator({ keys: options.keys, hosts: options.hosts ?? [], now });

  async function answer(message: IncomingMessage): Promise<Answer> {
    const request = readRequest(message, prefix);
    const store = stores.get(request.bucket);
    const isForm = request.method === "POST" && request.key === "" && request.query.size === 0;
    if (isForm && store) {
      const answered = await postForm({ request, store, authenticator, now });
      observe.onS3Request?.("put", "s3 POST (a browser)");
      return answered;
    }
    const signed = await authenticator.authenticate(request);
    if (!store) throw new S3Error("NoSuchBucket", "The specified bucket does not exist");
    const { kind, run } = answerTo({ request, signed, store, now });
    if (kind !== "free") observe.onS3Request?.(kind, signed.isPresigned ? `s3 ${request.method} (a browser)` : undefined);
    return run();
  }

  return {
    async handle(message, response) {
      response.on("error", () => undefined); // the client left while it was being answered
      const common: OutgoingHttpHeaders = { ...HARMLESS, "x-amz-request-id": randomUUID(), ...corsHeaders(message, cors) };
      if (message.method === "OPTIONS") {
        const preflight = preflightHeaders(message, cors);
        response.writeHead(preflight?.["access-control-allow-origin"] ? 200 : 403, { ...common, ...preflight }).end();
        return;
      }
      try {
        await write(response, await answer(message), common, message.method === "HEAD");
      } catch (error) {
        refuse(message, response, error, common);
        if (!(error instanceof S3Error) && !message.destroyed) onError(error);
      }
    },
    close: () => Promise.resolve(),
    async expire(bucket, keyPrefix, olderThanMs) {
      const store = stores.get(bucket);
      let deleted = 0;
      for (const key of (await store?.keys(keyPrefix)) ?? []) {
        const head = await store?.findHead(key);
        if (!head || head.modified_at > now() - olderThanMs) continue;
        await store?.delete(key);
        deleted++;
      }
      return deleted;
    },
  };
}

async function write(response: ServerResponse, { status, headers, body }: Answer, common: OutgoingHttpHeaders, isHead: boolean) {
  const isText = typeof body === "string";
  const length = isText ? { "content-type": "application/xml", "content-length": Buffer.byteLength(body) } : {};
  response.writeHead(status, { ...length, ...headers, ...common });
  if (body === undefined || isText || isHead) {
    if (!isText && body) await body.close();
    response.end(isText ? body : undefined);
    return;
  }
  try {
    for await (const chunk of body.chunks) {
      if (response.destroyed) return;
      if (!response.write(chunk)) await drained(response);
    }
    response.end();
  } finally {
    await body.close();
  }
}

const drained = (response: ServerResponse) =>
  new Promise<void>((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });

/** What is left of the request's body is read and dropped, so that a browser that is still sending gets to see the answer. */
function refuse(message: IncomingMessage, response: ServerResponse, error: unknown, common: OutgoingHttpHeaders): void {
  if (response.headersSent) return void response.destroy();
  const {
    code,
    status,
    message: text,
  } = error instanceof S3Error ? error : new S3Error("InternalError", "We encountered an internal error. Please try again.");
  message.unpipe();
  message.resume();
  const body = document("Error", { Code: code, Message: text, RequestId: String(common["x-amz-request-id"]) }, "");
  response.writeHead(status, { ...common, "content-type": "application/xml", "content-length": Buffer.byteLength(body) });
  response.end(message.method === "HEAD" ? undefined : body);
}
