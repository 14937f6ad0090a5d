import { createHash } from "node:crypto";
import * as v from "valibot";
import { randomText } from "../lib/id";
import * as s3 from "../lib/s3";
import type { Draft, LogEntry } from "../log/index";
import { uploads } from "../storage";
import { decode, encode } from "./codec";
import { numbered } from "./part";
import type { Part } from "./part";
import { joined, parted } from "./payload";
import type { PlainMessage } from "./payload";

/*
 * What an entry of a topic's log has beside its number: all messages of one produce.
 * | count | nonce | created_at | size               | codec      | body           | object                 | expires_on |
 * |-------|-------|------------|--------------------|------------|----------------|------------------------|------------|
 * | 1 …   |       | ms         | bytes of its JSON  | json or br | text, or bytes | where else the body is | dating.ts  |
 *
 * What is large stands in the bucket, and the entry says where: one PUT costs as much as writing 8 KB to the table, and an item has at most 400 KB.
 */

const INLINE_MAX_BYTES = 32 * 1024;

const StoredObject = v.object({ key: v.string(), bytes: v.number(), sha256: v.string() });
type StoredObject = v.InferOutput<typeof StoredObject>;

const TopicEntry = v.object({
  log_id: v.string(),
  seq: v.number(),
  count: v.number(),
  created_at: v.number(),
  size: v.number(),
  codec: v.picklist(["json", "br"]),
  body: v.optional(v.union([v.string(), v.instance(Uint8Array)])),
  object: v.optional(StoredObject),
  expires_on: v.optional(v.number()),
});
export type Stored = v.InferOutput<typeof TopicEntry>;
export type TopicEntry = LogEntry & Omit<Stored, "body"> & { body?: string | Uint8Array | undefined };

export const toTopicEntry = (entry: LogEntry): Stored => v.parse(TopicEntry, entry);

/** The part of an entry that is the messages. Cost: nothing, or 1 PUT for more than 32 KB. @throws unavailable */
export async function pack(
  topicId: string,
  messages: readonly PlainMessage[],
): Promise<Pick<Draft<TopicEntry>, "count" | "size" | "codec" | "body" | "object">> {
  const json = joined(messages);
  const { codec, bytes } = await encode(json);
  const common = { count: messages.length, size: Buffer.byteLength(json), codec };
  if (bytes.byteLength <= INLINE_MAX_BYTES) return { ...common, body: codec === "json" ? Buffer.from(bytes).toString() : bytes };
  const key = `${uploads.streams}${topicId}/${randomText(16)}`;
  await s3.put(key, bytes);
  return { ...common, object: { key, bytes: bytes.byteLength, sha256: digestOf(bytes) } };
}

/** Takes back what `pack` has put elsewhere, for an entry that was not stored. */
export async function discard({ object }: Pick<Draft<TopicEntry>, "object">): Promise<void> {
  if (object) await s3.remove(object.key);
}

export const toPart = (entry: Stored): Part => ({ ...entry, messages: async () => numbered(entry, parted(await jsonOf(entry))) });

/** The messages of an entry, as `joined` has put them together. Cost: nothing, or 1 GET. @throws unavailable */
export async function jsonOf(entry: Stored): Promise<string> {
  const bytes = entry.object ? await fetched(entry.object) : Buffer.from(entry.body ?? "");
  return decode({ codec: entry.codec, bytes });
}

async function fetched({ key, bytes: length, sha256 }: StoredObject): Promise<Uint8Array> {
  const bytes = await s3.read(key, { start: 0, length });
  if (!bytes || digestOf(bytes) !== sha256) throw new Error(`${key} is ${bytes ? "not what was stored" : "gone"}`);
  return bytes;
}

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64url");
