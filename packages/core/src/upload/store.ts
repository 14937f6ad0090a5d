import * as v from "valibot";
import { getItem, getItems, putItem, TransactionFailed, transactWrite } from "../lib/dynamo";
import type { Write } from "../lib/dynamo";
import { expiresOn } from "../lib/expiry";
import { limits } from "../protocol/limits";
import { purposes, StoredAttachment } from "../protocol/upload";

/*
 * Files
 * | id          | user_id | purpose | filename | size | content_type | expires_at | expires_on |  not used yet: content_type is what was declared
 * | id          | user_id | purpose | filename | size | content_type | used_by | etag | width | height |  used: content_type is what it is sent as
 * | the same, and released_at, expires_on: it was deleted with what used it, and is remembered for a while                                          |
 * | the same, and room: an image for that room, of an account or a guest; used, it has expires_at and expires_on, of the message                    |
 * | quota#usr_… | bytes |  what the account keeps
 */

const FileRow = v.object({
  ...StoredAttachment.entries,
  width: v.optional(StoredAttachment.entries.width, null),
  height: v.optional(StoredAttachment.entries.height, null),
  user_id: v.string(),
  purpose: v.picklist([...purposes, "room"]),
  /** For which room it is. */
  room: v.optional(v.string()),
  /** Not used yet: until when it can be. Used in a room: until when it is there. */
  expires_at: v.optional(v.number()),
  /** What for: no two uses have the same. */
  used_by: v.optional(v.string()),
  etag: v.optional(v.string()),
  released_at: v.optional(v.number()),
});
export type FileRow = v.InferOutput<typeof FileRow>;

export type PendingRow = Pick<FileRow, "id" | "user_id" | "purpose" | "room" | "filename" | "size" | "content_type"> & {
  expires_at: number;
};

/** Cost: 1 write unit. */
export async function create(row: PendingRow): Promise<void> {
  await putItem("Files", { ...row, expires_on: expiresOn(row) }, { condition: "attribute_not_exists(id)" });
}

/** Cost: 1 read unit. */
export async function find(id: string): Promise<FileRow | undefined> {
  const item = await getItem("Files", { id }, { consistent: true });
  return item && v.parse(FileRow, item);
}

/** By their ids. Cost: 1 read unit each. */
export async function findMany(ids: readonly string[]): Promise<Map<string, FileRow>> {
  const { Files = [] } = await getItems({ Files: { keys: ids.map((id) => ({ id })), consistent: true } });
  return new Map(Files.map((item) => v.parse(FileRow, item)).map((row) => [row.id, row]));
}

const quotaKey = (userId: string) => ({ id: `quota#${userId}` });

/** Cost: half a read unit. */
export async function bytesKept(userId: string): Promise<number> {
  const item = await getItem("Files", quotaKey(userId));
  return item ? v.parse(v.object({ bytes: v.number() }), item).bytes : 0;
}

/** What was seen of an upload that is about to be used. */
export interface Use extends StoredAttachment {
  user_id: string;
  etag: string;
}

/** By what uploads are used: no two uses have the same. */
export interface User {
  used_by: string;
  /** When that is gone; absent: not by itself, and then they are counted as kept by their account. */
  until?: number | undefined;
}

/**
 * Uses the uploads, all or none, and counts them.
 * @returns `quota` if there is no room for them, `others` if one of them is used or gone meanwhile.
 * Cost: 2 write units for each, and 2 where they are counted.
 */
export async function use(userId: string, uses: readonly Use[], { used_by, until }: User): Promise<"used" | "quota" | "others"> {
  const counted = until === undefined ? [quotaFor(userId, uses)] : [];
  try {
    await transactWrite([...uses.map((use) => useOne(use, { used_by, until })), ...counted]);
    return "used";
  } catch (error) {
    if (!(error instanceof TransactionFailed)) throw error;
    return error.failed.slice(0, uses.length).some(Boolean) ? "others" : "quota";
  }
}

function quotaFor(userId: string, uses: readonly Use[]): Write {
  const bytes = uses.reduce((sum, { size }) => sum + size, 0);
  return {
    table: "Files",
    key: quotaKey(userId),
    update: "ADD #bytes :bytes",
    condition: "attribute_not_exists(#bytes) OR #bytes <= :room",
    names: { "#bytes": "bytes" },
    values: { ":bytes": bytes, ":room": limits.filesPerAccountMaxBytes - bytes },
  };
}

function useOne({ id, user_id, content_type, width, height, etag }: Use, { used_by, until }: User): Write {
  const ends = until === undefined ? " REMOVE expires_at, expires_on" : ", expires_at = :until, expires_on = :on";
  return {
    table: "Files",
    key: { id },
    update: `SET used_by = :by, content_type = :type, width = :width, height = :height, etag = :etag${ends}`,
    condition: "user_id = :user AND attribute_not_exists(used_by) AND expires_at > :now",
    values: {
      ":by": used_by,
      ":type": content_type,
      ":width": width,
      ":height": height,
      ":etag": etag,
      ":user": user_id,
      ":now": Date.now(),
      ...(until === undefined ? {} : { ":until": until, ":on": expiresOn({ expires_at: until }) }),
    },
  };
}

/** A repeat of a message that was deleted finds that its files were, for as long as anybody may repeat it. */
const REMEMBERED_SECONDS = 30 * 24 * 60 * 60;

/** Notes that a file is not used any more, and gives back what it took, once. Cost: 4 write units. */
export async function release({ id, user_id, size }: Pick<FileRow, "id" | "user_id" | "size">, usedBy: string): Promise<void> {
  const now = Date.now();
  try {
    await transactWrite([
      {
        table: "Files",
        key: { id },
        update: "SET released_at = :now, expires_on = :on",
        condition: "used_by = :by AND attribute_not_exists(released_at)",
        values: { ":now": now, ":on": Math.ceil(now / 1000) + REMEMBERED_SECONDS, ":by": usedBy },
      },
      { table: "Files", key: quotaKey(user_id), update: "ADD #bytes :back", names: { "#bytes": "bytes" }, values: { ":back": -size } },
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailed)) throw error; // it was released before
  }
}
