import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";

/**
 * Makes the folder and those above it, as far as they are not there, and brings their names to the disk: a file in a folder whose name a power cut
 * took away is lost, however safely it was written.
 */
export function makeFolder(folder: string): void {
  const topmost = mkdirSync(folder, { recursive: true });
  if (topmost === undefined) return;
  const parts = path.relative(path.dirname(path.resolve(topmost)), path.resolve(folder)).split(path.sep);
  for (const up of parts.keys()) syncFolder(path.resolve(folder, ...Array<string>(up + 1).fill("..")));
}

/** Brings the names in the folder to the disk. Windows has no such call. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
