import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../../../../..");

/** Does it with this checkout and a new data folder, which is gone afterwards. */
export async function inOwnFolder<T>(work: (place: { root: string; dataDir: string }) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "agora-chaos-"));
  try {
    return await work({ root, dataDir });
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
