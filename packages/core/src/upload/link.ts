import { createHmac, timingSafeEqual } from "node:crypto";
import { resources } from "../lib/resources";

/*
 * A link to a file in a message is its own proof: whoever was shown the message may fetch it, for a day or two, and nobody has to be asked. It is the
 * same for a whole day, so that a browser that has the file knows it again.
 */

const DAY_MS = 24 * 60 * 60 * 1000;
/** 128 bits. */
const MAC_CHARACTERS = 22;

const KEY = new RegExp(`^(\\d{1,6})-([\\w-]{${MAC_CHARACTERS}})$`);
/** Of an image in a room. */
const ENDING_KEY = new RegExp(`^until-(\\d{1,12})-([\\w-]{${MAC_CHARACTERS}})$`);

/** Days since the epoch. */
const today = (): number => Math.floor(Date.now() / DAY_MS);

/** Absolute, good until the end of tomorrow. */
export function urlOfFile(id: string): string {
  const lastDay = today() + 1;
  return `${resources.siteUrl}/api/files/${id}/${lastDay}-${macOf(id, lastDay)}`;
}

/** @param key what stands behind the id in a link. */
export function isValidKey(id: string, key: string): boolean {
  const [, day, mac = ""] = KEY.exec(key) ?? [];
  if (day === undefined || Number(day) < today()) return false;
  return timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(id, Number(day))));
}

/** Of an image in a room: good until then, and as long as the room is open. @param endsOn in seconds. */
export const urlUntil = (id: string, endsOn: number): string =>
  `${resources.siteUrl}/api/files/${id}/until-${endsOn}-${macOf(id, `until ${endsOn}`)}`;

/** In seconds, when a link to an image in a room ends; undefined for what is none, or has ended. */
export function endOfKey(id: string, key: string): number | undefined {
  const [, endsOn = "", mac = ""] = ENDING_KEY.exec(key) ?? [];
  if (endsOn === "" || Number(endsOn) * 1000 <= Date.now()) return undefined;
  return timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(id, `until ${endsOn}`))) ? Number(endsOn) : undefined;
}

const macOf = (id: string, until: number | string): string =>
  createHmac("sha256", linkKey()).update(`${id} ${until}`).digest("base64url").slice(0, MAC_CHARACTERS);

const linkKey = (): Buffer => createHmac("sha256", resources.tokenSecret).update("agora file links").digest();

/** Of an avatar or an icon: below the site, and good as long as the image is used. */
export const urlOfImage = (id: string): string => `/api/files/${id}`;

/** The id of the image that a stored URL leads to; undefined for one that is no upload of ours. */
export const imageOfUrl = (url: string): string | undefined => /^\/api\/files\/(upl_[0-9a-z]+)$/.exec(url)?.[1];
