import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { HOUR_MS } from "../lib/expiry";
import { isId, newId } from "../lib/id";
import * as s3 from "../lib/s3";
import * as limit from "../limit/index";
import { limits } from "../protocol/limits";
import { isImageType } from "../protocol/upload";
import type { CreateUploadBody, Purpose, StoredAttachment, Upload } from "../protocol/upload";
import { uploads } from "../storage";
import { LOOKED_AT_BYTES, measure } from "./image";
import { imageOfUrl, isValidKey, urlOfImage } from "./link";
import { sentAs } from "./sent-as";
import * as store from "./store";
import type { FileRow, Use } from "./store";

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
  const id = newId("upl");
  const expires_at = Date.now() + USABLE_MS;
  const upload = await s3.formFor(uploads.pending + id, { contentType: content_type, size, seconds: FORM_SECONDS });
  await store.create({ id, user_id: actor.user_id, purpose, filename, size, content_type, expires_at });
  return { id, upload, expires_at };
}

interface Claim {
  purpose: Purpose;
  /** What uses them. A repeat says the same, and finds its own files; nothing else may say it. */
  usedBy: string;
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
  const rows = await take(actor, ids, { purpose: "attachment", usedBy, prefix: uploads.files });
  return rows.map(({ id, filename, size, content_type, width, height }) => ({ id, filename, size, content_type, width, height }));
}

/**
 * Takes an upload of the actor for an avatar or an icon. Safe to repeat as long as it is used.
 * @param usedBy what it is the image of.
 * @returns its URL, below the site.
 * @throws upload.not_found, upload.used, upload.quota_full, input.invalid if it is no image; unavailable
 * Cost: as `claim`.
 */
export async function claimImage(actor: Account, id: string, purpose: Exclude<Purpose, "attachment">, usedBy: string): Promise<string> {
  const [row] = await take(actor, [id], { purpose, usedBy, prefix: uploads.images });
  if (row?.released_at !== undefined) throw used();
  return urlOfImage(id);
}

/** The rows of the uploads, in their order, each used by this use and copied to where it is kept. */
async function take(actor: Account, ids: readonly string[], claim: Claim): Promise<FileRow[]> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const rows = await findOwn(actor, ids, claim);
    const fresh = rows.filter(({ used_by }) => used_by === undefined);
    const uses = await Promise.all(fresh.map((row) => look(row, claim.purpose)));
    const outcome = uses.length === 0 ? "used" : await store.use(actor.user_id, uses, claim.usedBy);
    if (outcome === "quota") throw quotaFull();
    if (outcome === "others") continue; // a repeat of this use, as a rule: then they are found as its own
    const usedNow = new Map(uses.map((use) => [use.id, use]));
    const all = rows.map((row): FileRow => ({ ...row, ...usedNow.get(row.id) }));
    await Promise.all(all.map((row) => keep(row, claim, usedNow.has(row.id))));
    return all;
  }
  throw used();
}

async function findOwn(actor: Account, ids: readonly string[], { purpose, usedBy }: Claim): Promise<FileRow[]> {
  const found = await store.findMany(ids.filter((id) => isId("upl", id)));
  return ids.map((id) => {
    const row = found.get(id);
    const isExpired = row?.expires_at !== undefined && row.expires_at <= Date.now() && row.used_by === undefined;
    if (row?.user_id !== actor.user_id || row.purpose !== purpose || isExpired) throw notFound();
    if (row.used_by !== undefined && row.used_by !== usedBy) throw used();
    return row;
  });
}

/** What was really uploaded. @throws upload.not_found, input.invalid */
async function look({ id, user_id, filename, size, content_type: declared }: FileRow, purpose: Purpose): Promise<Use> {
  const seen = await s3.readStart(uploads.pending + id, isImageType(declared) ? LOOKED_AT_BYTES : 1);
  if (seen?.size !== size || seen.contentType !== declared) throw notFound();
  const measured = await measure(seen.bytes, declared);
  if (purpose !== "attachment" && !measured) {
    throw new AppError("input.invalid", "This file is not an image that can be shown.", { details: { [purpose]: "must be an image" } });
  }
  const { width = null, height = null } = measured ?? {};
  const { contentType: content_type } = sentAs(filename, declared, measured !== undefined);
  return { id, user_id, filename, size, content_type, width, height, etag: seen.etag };
}

/** Copies a file to where it is kept, unless it is there, or was deleted since. @throws upload.not_found if there is nothing to copy any more */
async function keep(
  { id, filename, content_type, width, etag = "", released_at }: FileRow,
  { prefix }: Claim,
  isFirst: boolean,
): Promise<void> {
  if (released_at !== undefined || (!isFirst && (await s3.exists(prefix + id)))) return;
  if (await s3.copy(uploads.pending + id, prefix + id, etag, sentAs(filename, content_type, width !== null))) return;
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

/** Where a file is now. */
export interface Whereabouts {
  url: string;
  /** For so long it may be remembered. */
  seconds: number;
}

/** Where the file in a message is kept, for whoever has a link to it. @throws upload.not_found for a link that is forged or too old. Cost: none. */
export async function openFile({ file_id, key }: { file_id: string; key: string }): Promise<Whereabouts> {
  if (!isId("upl", file_id) || !isValidKey(file_id, key)) throw notFound();
  return whereabouts(uploads.files + file_id);
}

/** Where an avatar or an icon is kept. @throws upload.not_found for what cannot be the id of one. Cost: none. */
export async function openImage({ file_id }: { file_id: string }): Promise<Whereabouts> {
  if (!isId("upl", file_id)) throw notFound();
  return whereabouts(uploads.images + file_id);
}

/** The same for an hour, and good for one more, so that it can be remembered for an hour whenever it was asked for. */
async function whereabouts(key: string): Promise<Whereabouts> {
  const from = new Date(Math.floor(Date.now() / HOUR_MS) * HOUR_MS);
  return { url: await s3.linkTo(key, { from, seconds: (2 * HOUR_MS) / 1000 }), seconds: HOUR_MS / 1000 };
}

const notFound = () => new AppError("upload.not_found", "There is no such file, or it was not uploaded in time.");
const used = () => new AppError("upload.used", "This file is used already. Upload it once more.");
const quotaFull = () =>
  new AppError("upload.quota_full", "You keep as many files here as you may. Delete some of them, or messages with files, to make room.");
