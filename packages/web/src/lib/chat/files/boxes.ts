import type { Attachment } from "@agora/core/protocol/upload";

/** The largest that an image is shown alone, in CSS pixels. */
const ALONE = { width: 400, height: 320 };

/** How large an image is shown: known before it is there, so that nothing moves when it comes. */
export function boxOf({ width, height }: { width: number; height: number }): { width: number; height: number } {
  const scale = Math.min(1, ALONE.width / width, ALONE.height / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Does the link lead nowhere any more? It names the last day on which it does (docs/decisions/0019-files.md). */
export function isExpired({ url }: Pick<Attachment, "url">, now: number): boolean {
  const [, lastDay] = /\/(\d+)-[\w-]+$/.exec(url) ?? [];
  return lastDay !== undefined && Number(lastDay) < Math.floor(now / DAY_MS);
}
