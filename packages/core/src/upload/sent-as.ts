import type { SentAs } from "../lib/s3";
import { isImageType } from "../protocol/image-type";

/** What a browser plays or shows by itself, and that cannot carry a script. Everything else is downloaded. */
const PLAYED = new Set([
  "audio/aac",
  "audio/flac",
  "audio/mp4",
  "audio/mpeg",
  "audio/ogg",
  "audio/wav",
  "audio/webm",
  "audio/x-wav",
  "video/mp4",
  "video/ogg",
  "video/webm",
]);
/** They are downloaded, and their readers know them by their type. All others are only bytes: what runs in a browser is among those. */
const DOWNLOADED = new Set(["application/pdf", "application/zip", "text/plain"]);

/** As what a file is sent. @param isMeasured an image of which was seen that it is one. */
export function sentAs(filename: string, declared: string, isMeasured: boolean): SentAs {
  const isInline = isImageType(declared) ? isMeasured : PLAYED.has(declared);
  const contentType = isInline || DOWNLOADED.has(declared) ? declared : "application/octet-stream";
  return { contentType, contentDisposition: `${isInline ? "inline" : "attachment"}; ${dispositionName(filename)}` };
}

/** S3 keeps 2 KB of what is said of an object. */
const NAME_MAX_CHARACTERS = 1_000;

/** RFC 6266: in ASCII for who knows no better, and as it is. */
function dispositionName(filename: string): string {
  const ascii = filename.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  return `filename="${shorten(ascii, (part) => part)}"; filename*=UTF-8''${shorten(filename, encode)}`;
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/** Encoded, with its extension, and no longer than it may be. */
function shorten(filename: string, encoded: (text: string) => string): string {
  const [, stem = filename, extension = ""] = /^(.+?)(\.[^.]{1,16})?$/su.exec(filename) ?? [];
  const characters = Array.from(stem);
  while (encoded(characters.join("") + extension).length > NAME_MAX_CHARACTERS) characters.splice(-10);
  return encoded(characters.join("") + extension);
}
