import { randomBytes } from "node:crypto";
import { accessSync, closeSync, constants, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { makeFolder, syncFolder } from "./make-folder";
import { SettingsError } from "./settings";

const SECRET_FILE = "token-secret";

/** Makes the folder if it is not there. @throws SettingsError if nothing can be written to it. */
export function prepareDataFolder(dataDir: string): void {
  try {
    makeFolder(dataDir);
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new SettingsError(`The data folder ${dataDir} cannot be written to. Choose another one with AGORA_DATA.`, { cause });
  }
}

/** The secret that signs sessions: made at the first start and kept with the data, readable by its owner only. */
export function tokenSecretOf(dataDir: string): string {
  const file = path.join(dataDir, SECRET_FILE);
  if (!existsSync(file)) {
    // Under another name first, and down on the disk: a start that is cut off must not leave half a secret.
    const fd = openSync(`${file}.new`, "w", 0o600);
    writeFileSync(fd, randomBytes(32).toString("base64url"));
    fsyncSync(fd);
    closeSync(fd);
    renameSync(`${file}.new`, file);
    syncFolder(dataDir);
  }
  return readFileSync(file, "utf8");
}
