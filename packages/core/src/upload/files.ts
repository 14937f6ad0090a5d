import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { isId, newId } from "../lib/id";
import * as s3 from "../lib/s3";
import * as limit from "../limit/index";
import { isImageType } from "../protocol/image-type";
import { limits } from "../protocol/limits";
import type { CreateUploadBody, Purpose, RoomImageFields, StoredAttachment, Upload } from "../protocol/upload";
import { uploads } from "../storage";
import { LOOKED_AT_BYTES, measure } from "./image";
import { imageOfUrl, urlOfImage } from "./link";
import { sentAs } from "./sent-as";
import * as store from "./store";
import type { FileRow, PendingRow, Use } from "./store";

/*
 * A file comes in under a key that its owner has a form for, so it may still change; nobody gets it from there. When it is used, it is looked at, counted,
 * and copied to a key of its own, with the headers that it is to be sent with. What it is used by is noted in its row, in the transaction that counts it:
 * whatever repeats that use finds its own files, and any other use is refused. See docs/decisions/0019-files.md.
 */

const FORM_SECONDS = 60 * 60;
/** As long as the bucket keeps it at least. */
const USABLE_MS = uploads.pendingDays * 24 * 60 * 60 * 1000;

const uploadsPerAccount = { max: 50, windowSeconds: 600, code: "limit.uploads" } as const;

/**
 * A form by which the actor can upload one file of just this size and type.
 * @throws input.too_large, limit.uploads, upload.quota_full
 * Cost: 2 write units, half a read unit.
 */
export async function create(actor: Account, { filename, size, content_type, purpose }: CreateUploadBody): Promise<Upload> {
  const maxBytes = purpose === "attachment" ? limits.attachmentMaxBytes : limits.imageMaxBytes;
  if (size > maxBytes) throw new AppError("input.too_large", `A file for this may have at most ${maxBytes / 1024 / 1024} MB.`);
  const [kept] = await Promise.all([store.bytesKept(actor.user_id), limit.take({ ...uploadsPerAccount, key: `uploads#${actor.user_id}` })]);
  if (kept + size > limits.filesPerAccountMaxBytes) throw quotaFull();
  return issue({ user_id: actor.user_id, purpose, filename, size, content_type });
}

/** Signs the form for a file, and notes whose it is. Cost: 1 write unit. */
async function issue(asked: Omit<PendingRow, "id" | "expires_at">): Promise<Upload> {
  const { content_type: contentType, size } = asked;
  const id = newId("upl");
  const expires_at = Date.now() + USABLE_MS;
  const upload = await s3.formFor(uploads.pending + id, { contentType, size, seconds: FORM_SECONDS });
  await store.create({ ...asked, id, expires_at });
  return { id, upload, expires_at };
}

/** As `create`, of an image for a room: of somebody who may have no account, and counted against nobody. Cost: 1 write unit. */
export const createForRoom = (userId: string, asked: RoomImageFields & { room: string }): Promise<Upload> =>
  issue({ user_id: userId, purpose: "room", ...asked });

interface Claim {
  purpose: FileRow["purpose"];
  /** Only what is for this room. */
  room?: string;
  /** What uses them. A repeat says the same, and finds its own files; nothing else may say it. */
  usedBy: string;
  /** When what uses them is gone; absent: not by itself. */
  until?: number;
  /** Where they are kept from then on. */
  prefix: string;
}

const TRIES = 5;

/**
 * Takes uploads of the actor for a message, each for this one. Safe to repeat: files that it has taken already are taken, also when the message and they
 * were deleted since.
 * @param usedBy the message's log and nonce.
 * @throws upload.not_found for what is not there, not the actor's, not uploaded or too old; upload.used, upload.quota_full, unavailable
 * Cost: for each 1 read unit, 2 write units, a GET and a COPY; 2 write units more.
 */
export async function claim(actor: Account, ids: readonly string[], usedBy: string): Promise<StoredAttachment[]> {
  return (await take(actor.user_id, ids, { purpose: "attachment", usedBy, prefix: uploads.files })).map(attachmentOf);
}

/** As it stands in a message. */
const attachmentOf = ({ id, filename, size, content_type, width, height }: FileRow): StoredAttachment => ({
  id,
  filename,
  size,
  content_type,
  width,
  height,
});

/**
 * As `claim`, of images for a message in a room.
 * @param message by which they are used, and in milliseconds when it is gone: then they are, too.
 * @throws upload.not_found also for what is for another room; upload.used, input.invalid if one is no image; unavailable
 * Cost: for each 1 read unit, 2 write units, a GET and a COPY.
 */
export async function claimForRoom(
  userId: string,
  ids: readonly string[],
  { room, ...message }: { room: string; usedBy: string; until: number },
): Promise<StoredAttachment[]> {
  return (await take(userId, ids, { purpose: "room", room, prefix: uploads.rooms, ...message })).map(attachmentOf);
}

/**
 * Takes an upload of the actor for an avatar or an icon. Safe to repeat as long as it is used.
 * @param usedBy what it is the image of.
 * @returns its URL, below the site.
 * @throws upload.not_found, upload.used, upload.quota_full, input.invalid if it is no image; unavailable
 * Cost: as `claim`.
 */
export async function claimImage(actor: Account, id: string, purpose: Exclude<Purpose, "attachment">, usedBy: string): Promise<string> {
  const [row] = await take(actor.user_id, [id], { purpose, usedBy, prefix: uploads.images });
  if (row?.released_at !== undefined) throw used();
  return urlOfImage(id);
}

/** The rows of the uploads, in their order, each used by this use and copied to where it is kept. */
async function take(userId: string, ids: readonly string[], claim: Claim): Promise<FileRow[]> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const rows = await findOwn(userId, ids, claim);
    const fresh = rows.filter(({ used_by }) => used_by === undefined);
    const uses = await Promise.all(fresh.map((row) => look(row, claim.purpose)));
    const outcome = uses.length === 0 ? "used" : await store.use(userId, uses, { used_by: claim.usedBy, until: claim.until });
    if (outcome === "quota") throw quotaFull();
    if (outcome === "others") continue; // a repeat of this use, as a rule: then they are found as its own
    const usedNow = new Map(uses.map((use) => [use.id, use]));
    const all = rows.map((row): FileRow => ({ ...row, ...usedNow.get(row.id) }));
    await Promise.all(all.map((row) => keep(row, claim, usedNow.has(row.id))));
    return all;
  }
  throw used();
}

async function findOwn(userId: string, ids: readonly string[], { purpose, room, usedBy }: Claim): Promise<FileRow[]> {
  const found = await store.findMany(ids.filter((id) => isId("upl", id)));
  return ids.map((id) => {
    const row = found.get(id);
    const isExpired = row?.expires_at !== undefined && row.expires_at <= Date.now();
    if (row?.user_id !== userId || row.purpose !== purpose || row.room !== room || isExpired) throw notFound();
    if (row.used_by !== undefined && row.used_by !== usedBy) throw used();
    return row;
  });
}

/** What was really uploaded. @throws upload.not_found, input.invalid */
async function look({ id, user_id, filename, size, content_type: declared }: FileRow, purpose: Claim["purpose"]): Promise<Use> {
  const seen = await s3.readStart(uploads.pending + id, isImageType(declared) ? LOOKED_AT_BYTES : 1);
  if (seen?.size !== size || seen.contentType !== declared) throw notFound();
  const measured = await measure(seen.bytes, declared);
  if (purpose !== "attachment" && !measured) {
    throw new AppError("input.invalid", "This file is not an image that can be shown.", {
      details: { [purpose === "room" ? "attachments" : purpose]: "must be an image" },
    });
  }
  const { width = null, height = null } = measured ?? {};
  const { contentType: content_type } = sentAs(filename, declared, measured !== undefined);
  return { id, user_id, filename, size, content_type, width, height, etag: seen.etag };
}

/** Copies a file to where it is kept, unless it is there, or was deleted since. @throws upload.not_found if there is nothing to copy any more */
async function keep(
  { id, filename, content_type, width, etag = "", released_at }: FileRow,
  { prefix, until }: Claim,
  isFirst: boolean,
): Promise<void> {
  if (released_at !== undefined || (!isFirst && (await s3.exists(prefix + id)))) return;
  const as = { ...sentAs(filename, content_type, width !== null), isFleeting: until !== undefined };
  if (await s3.copy(uploads.pending + id, prefix + id, etag, as)) return;
  const now = await store.find(id);
  if (now?.released_at === undefined && !(await s3.exists(prefix + id))) throw notFound();
}

const RELEASED_AT_ONCE = 4;

/**
 * Deletes files with the message that they were in, and gives back what they took. Safe to repeat.
 * Cost: 4 write units for each. @throws unavailable
 */
export async function release(owner: string, files: readonly Pick<StoredAttachment, "id" | "size">[], usedBy: string): Promise<void> {
  const waiting = [...files];
  const work = async () => {
    for (let file = waiting.pop(); file; file = waiting.pop()) await discard({ ...file, user_id: owner }, usedBy, uploads.files);
  };
  await Promise.all(Array.from({ length: Math.min(RELEASED_AT_ONCE, files.length) }, work));
}

/** Deletes an avatar or an icon that is shown no more. Safe to repeat. Cost: 1 read unit, 4 write units. @throws unavailable */
export async function releaseImage(url: string | null, usedBy: string): Promise<void> {
  const id = url === null ? undefined : imageOfUrl(url);
  const row = id === undefined ? undefined : await store.find(id);
  if (row?.used_by === usedBy) await discard(row, usedBy, uploads.images);
}

/** In this order: a late copy finds nothing to copy, and what it has copied before is deleted behind it. */
async function discard(file: Pick<FileRow, "id" | "user_id" | "size">, usedBy: string, prefix: string): Promise<void> {
  await store.release(file, usedBy);
  await s3.remove(uploads.pending + file.id);
  await s3.remove(prefix + file.id);
}

export const notFound = () => new AppError("upload.not_found", "There is no such file, or it was not uploaded in time.");
const used = () => new AppError("upload.used", "This file is used already. Upload it once more.");
const quotaFull = () =>
  new AppError("upload.quota_full", "You keep as many files here as you may. Delete some of them, or messages with files, to make room.");
