import * as v from "valibot";
import { isImageType } from "./image-type";
import { limits } from "./limits";
import { Id, Timestamp } from "./primitives";
import { codePoints, DIRECTION_OVERRIDES, visible, wellFormed } from "./text";

export const purposes = ["attachment", "avatar", "icon"] as const;
export type Purpose = (typeof purposes)[number];

/** What a file may be called: one line, without what file systems take for something else. It is changed where it has to be, not refused. */
export const Filename = v.pipe(
  v.string(),
  wellFormed,
  v.transform((name) =>
    name
      .replace(/\p{Cc}/gu, "")
      .replace(DIRECTION_OVERRIDES, "")
      .replace(/[/\\:*?"<>|]/g, "_")
      .trim()
      .replace(/^\.+$/, (dots) => "_".repeat(dots.length)),
  ),
  codePoints(limits.filename.min, limits.filename.max),
  visible(limits.filename.min),
);

const Size = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER));

/** As a browser says it of a file: without parameters, and empty where it does not know. */
const ContentType = v.pipe(
  v.string(),
  v.transform((type) => type.split(";")[0]?.trim().toLowerCase() || "application/octet-stream"),
  v.maxLength(limits.contentTypeMax, `must have at most ${limits.contentTypeMax} characters`),
  v.regex(/^[a-z0-9][\w!#$&^.+-]*\/[a-z0-9][\w!#$&^.+-]*$/, "must be a content type like image/png"),
);

const MUST_BE_IMAGE = "must be image/png, image/jpeg, image/gif or image/webp";

/** `size` is that of the file to the byte. An avatar and an icon are PNG, JPEG, GIF or WebP. */
export const CreateUploadBody = v.pipe(
  v.strictObject({
    filename: Filename,
    size: Size,
    content_type: ContentType,
    purpose: v.picklist(purposes),
  }),
  v.forward(
    v.check(({ purpose, content_type }) => purpose === "attachment" || isImageType(content_type), MUST_BE_IMAGE),
    ["content_type"],
  ),
);
export type CreateUploadBody = v.InferOutput<typeof CreateUploadBody>;

/** An image that is to be shown in a room; as `CreateUploadBody`. */
export const RoomImageFields = v.strictObject({
  filename: Filename,
  size: Size,
  content_type: v.pipe(ContentType, v.check(isImageType, MUST_BE_IMAGE)),
});
export type RoomImageFields = v.InferOutput<typeof RoomImageFields>;

/**
 * What to do with the file: POST a form to `upload.url` with `upload.fields` and then the file as `file`, within the hour. The store itself refuses
 * what has another size or type. At `expires_at` an upload that was not used is gone.
 */
export const Upload = v.strictObject({
  id: Id("upl"),
  upload: v.strictObject({ url: v.string(), fields: v.record(v.string(), v.string()) }),
  expires_at: Timestamp,
});
export type Upload = v.InferOutput<typeof Upload>;

const Pixels = v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1)));

/** A file in a message, as it is kept: `content_type` is what it is sent as. Only images that are shown have `width` and `height`. */
export const StoredAttachment = v.strictObject({
  id: Id("upl"),
  filename: v.string(),
  size: v.pipe(v.number(), v.integer(), v.minValue(1)),
  content_type: v.string(),
  width: Pixels,
  height: Pixels,
});
export type StoredAttachment = v.InferOutput<typeof StoredAttachment>;

/** `url` leads to the file for a day or two, for whoever has it: whoever sees the message again gets a new one. */
export const Attachment = v.strictObject({ ...StoredAttachment.entries, url: v.string() });
export type Attachment = v.InferOutput<typeof Attachment>;
