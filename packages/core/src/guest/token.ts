import { createHmac, timingSafeEqual } from "node:crypto";
import { resources } from "../lib/resources";

/*
 * A guest is known again by `<guest id>.<MAC>`, which the browser keeps: nothing is stored for a guest, and nobody can make one up. It opens nothing; it
 * only says who counts as one person.
 */

const mac = (text: string): Buffer => createHmac("sha256", resources.tokenSecret).update(`guest\n${text}`).digest();

export const formatGuestToken = (guestId: string): string => `${guestId}.${mac(guestId).toString("base64url")}`;

/** The guest's id; undefined for everything that we did not make. */
export function parseGuestToken(text: string): string | undefined {
  const [, guestId = "", code = ""] = /^(gst_[0-9a-z]{1,32})\.([\w-]{43})$/.exec(text) ?? [];
  if (guestId === "") return undefined;
  const given = Buffer.from(code, "base64url");
  const right = mac(guestId);
  return given.length === right.length && timingSafeEqual(given, right) ? guestId : undefined;
}

/** Two addresses of which nobody can tell which they are, and that are the same for the same address. */
export const digestOfAddress = (address: string): string =>
  createHmac("sha256", resources.tokenSecret).update(`address\n${address}`).digest("base64url").slice(0, 16);
