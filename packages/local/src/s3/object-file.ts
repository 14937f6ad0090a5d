import type { FileHandle } from "node:fs/promises";
import * as v from "valibot";

/*
 * An object is one file, so that it appears, changes and goes as a whole: what was uploaded, then what is known of it as JSON, then the JSON's length
 * and a mark. The content stands first, so that it can be looked at by other programs and a range of it is a range of the file.
 */

const MARK = Buffer.from("AGORA-S3");
const FOOTER_BYTES = 4 + MARK.length;
/** More than S3 lets a client say of an object. */
const DESCRIPTION_MAX_BYTES = 64 * 1024;

/** The headers that are kept with an object and sent with it, by their lower-case names. */
export const keptHeaders = [
  "content-type",
  "content-disposition",
  "content-encoding",
  "content-language",
  "cache-control",
  "expires",
] as const;

const Description = v.object({
  etag: v.string(),
  modified_at: v.number(),
  headers: v.partial(
    v.object(Object.fromEntries(keptHeaders.map((name) => [name, v.string()])) as Record<KeptHeader, v.StringSchema<undefined>>),
  ),
  /** Of the client's own: `x-amz-meta-<name>`. */
  metadata: v.record(v.string(), v.string()),
});
type KeptHeader = (typeof keptHeaders)[number];

/** What is known of an object beside its content. */
export type Description = v.InferOutput<typeof Description>;

export function footerOf(description: Description): Buffer {
  const json = Buffer.from(JSON.stringify(description));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([json, length, MARK]);
}

/** @throws Error if the file is none of ours. */
export async function readDescription(file: FileHandle): Promise<Description & { size: number }> {
  const { size: fileSize } = await file.stat();
  const footer = await readAt(file, fileSize - FOOTER_BYTES, FOOTER_BYTES);
  const length = footer.readUInt32BE(0);
  if (!footer.subarray(4).equals(MARK) || length > DESCRIPTION_MAX_BYTES) throw new Error("this file is no object");
  const size = fileSize - FOOTER_BYTES - length;
  const json = await readAt(file, size, length);
  return { ...v.parse(Description, JSON.parse(json.toString("utf8"))), size };
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  if (position < 0) throw new Error("this file is no object");
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw new Error("this file is no object");
  return buffer;
}
