import type { OutgoingHttpHeaders } from "node:http";
import { keptHeaders, type Description } from "./object-file";
import type { ObjectHead } from "./object-store";
import { S3Error } from "./s3-error";

/** Of what a client says of an object: as much as S3 keeps of each kind. */
const MAX_BYTES = 2 * 1024;
const METADATA = "x-amz-meta-";

/**
 * What is kept with an object, from the headers of a request or the fields of a form.
 * @throws S3Error MetadataTooLarge
 */
export function describe(given: Iterable<readonly [name: string, value: string]>): Pick<Description, "headers" | "metadata"> {
  const headers: Description["headers"] = {};
  const metadata: Description["metadata"] = {};
  for (const [name, value] of given) {
    if (name.startsWith(METADATA)) metadata[name.slice(METADATA.length)] = value;
    const kept = keptHeaders.find((one) => one === name);
    // `aws-chunked` is how it is sent, not what it is.
    const said = kept === "content-encoding" ? value.replace(/(^|,)\s*aws-chunked\s*(,|$)/, "") : value;
    if (kept && said !== "") headers[kept] = said;
  }
  for (const part of [headers, metadata]) {
    const bytes = Object.entries(part).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
    if (bytes > MAX_BYTES) throw new S3Error("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size.");
  }
  return { headers, metadata };
}

/** What is sent with an object; `query` may ask for other values, as `response-content-type` does. */
export function headersOf({ etag, modified_at, headers, metadata, size }: ObjectHead, query: URLSearchParams): OutgoingHttpHeaders {
  const overrides = keptHeaders.flatMap((name) => {
    const value = query.get(`response-${name}`);
    return value === null ? [] : [[name, value] as const];
  });
  return {
    "content-type": "binary/octet-stream", // S3's own, where nobody said what it is
    ...headers,
    ...Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`${METADATA}${name}`, value])),
    ...Object.fromEntries(overrides),
    etag: `"${etag}"`,
    "last-modified": new Date(modified_at).toUTCString(),
    "accept-ranges": "bytes",
    "content-length": size,
  };
}
