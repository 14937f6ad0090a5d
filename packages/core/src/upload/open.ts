import { HOUR_MS } from "../lib/expiry";
import { isId } from "../lib/id";
import * as s3 from "../lib/s3";
import * as rooms from "../room/store";
import { uploads } from "../storage";
import { notFound } from "./files";
import { endOfKey, isValidKey } from "./link";
import * as store from "./store";

/* How what is kept gets to whoever may see it. */

/** Where a file is now. */
export interface Whereabouts {
  url: string;
  /** For so long it may be remembered. */
  seconds: number;
}

/**
 * Where the file in a message is kept, for whoever has a link to it.
 * @throws upload.not_found for a link that is forged or too old, or to a file of a room that was closed. Cost: none; of a room 2 read units.
 */
export async function openFile({ file_id, key }: { file_id: string; key: string }): Promise<Whereabouts> {
  if (!isId("upl", file_id)) throw notFound();
  if (isValidKey(file_id, key)) return whereabouts(uploads.files + file_id);
  const endsOn = endOfKey(file_id, key);
  if (endsOn === undefined) throw notFound();
  return openInRoom(file_id, endsOn);
}

/** What was asked for while it was allowed comes within this time. */
const HANDED_OVER_SECONDS = 60;

/** Good until the image ends, and for a minute at most, since the room may be closed; so it is not to be remembered. */
async function openInRoom(id: string, endsOn: number): Promise<Whereabouts> {
  const room = (await store.find(id))?.room;
  const row = room === undefined ? undefined : await rooms.find(room);
  if (!row || row.closed_until > Date.now()) throw notFound();
  const from = Math.floor(Date.now() / 1000);
  const seconds = Math.min(HANDED_OVER_SECONDS, Math.max(1, endsOn - from));
  return { url: await s3.linkTo(uploads.rooms + id, { from: new Date(from * 1000), seconds }), seconds: 0 };
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
