import type { IncomingMessage } from "node:http";
import { splitTarget } from "../gateway/client-address";
import { S3Error } from "./s3-error";

/** A request to the store, taken apart. */
export interface S3Request {
  method: string;
  /** As it was sent, which is how it was signed. */
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  bucket: string;
  /** Empty: the bucket itself is meant. */
  key: string;
  message: IncomingMessage;
}

const KEY_MAX_BYTES = 1024;

/**
 * @param prefix what stands before the bucket in the path.
 * @throws S3Error InvalidURI, KeyTooLongError
 */
export function readRequest(message: IncomingMessage, prefix: string): S3Request {
  const { path, query } = splitTarget(message.url ?? "/");
  const [bucket = "", ...rest] = path.slice(prefix.length + 1).split("/");
  const key = decodeKey(rest.join("/"));
  return { method: message.method ?? "GET", path, query: new URLSearchParams(query), headers: message.headers, bucket, key, message };
}

/** @throws S3Error InvalidURI, KeyTooLongError */
export function decodeKey(text: string): string {
  let key: string;
  try {
    key = decodeURIComponent(text);
  } catch (cause) {
    throw new S3Error("InvalidURI", "Couldn't parse the specified URI.", { cause });
  }
  if (Buffer.byteLength(key) > KEY_MAX_BYTES) throw new S3Error("KeyTooLongError", "Your key is too long");
  return key;
}
