/** So many of an image's first bytes are looked at: its size stands behind what a camera says of it, which may be long. */
export const LOOKED_AT_BYTES = 256 * 1024;

/** What browsers can be asked to draw: more is a mistake, or meant to hurt. */
const MAX_SIDE = 32_767;
const MAX_PIXELS = 100_000_000;

/** A picture that lies on its side is turned by whoever shows it. */
const TURNED = new Set([5, 6, 7, 8]);

/** Loaded when there is an image to be measured: nobody's first message should wait for it. */
const kinds: Record<string, () => Promise<Kind>> = {
  "image/png": async () => (await import("image-size/types/png")).PNG,
  "image/jpeg": async () => (await import("image-size/types/jpg")).JPG,
  "image/gif": async () => (await import("image-size/types/gif")).GIF,
  "image/webp": async () => (await import("image-size/types/webp")).WEBP,
};

interface Kind {
  validate(bytes: Uint8Array): boolean;
  calculate(bytes: Uint8Array): { width: number; height: number; orientation?: number };
}

/** How large an image is shown; undefined if these are not the first bytes of an image of this type. */
export async function measure(bytes: Uint8Array, contentType: string): Promise<{ width: number; height: number } | undefined> {
  const kind = await kinds[contentType]?.();
  if (!kind) return undefined;
  try {
    if (!kind.validate(bytes)) return undefined;
    const { width, height, orientation = 1 } = kind.calculate(bytes);
    const isDrawable = [width, height].every((side) => side >= 1 && side <= MAX_SIDE) && width * height <= MAX_PIXELS;
    if (!isDrawable) return undefined;
    return TURNED.has(orientation) ? { width: height, height: width } : { width, height };
  } catch {
    return undefined; // cut short, or no image: the library says so by throwing
  }
}
