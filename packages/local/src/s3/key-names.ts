import path from "node:path";

/*
 * How a key is called on the disk. Of its bytes in UTF-8 only `a–z`, `0–9`, `_` and `-` stand for themselves, all others are `%` and two digits. So no
 * key leads out of the folder, and no two keys are one file where file systems do not tell upper case from lower or compose accents. A name that is
 * longer than a file's may be goes on in a folder, whose name ends with `~`.
 */

const PART_CHARACTERS = 200;
const PLAIN = /[a-z0-9_-]/;

/** The file of a key, below the folder of all. */
export function fileOfKey(key: string): string {
  const name = encode(key);
  const parts = name.match(new RegExp(`.{1,${PART_CHARACTERS}}`, "g")) ?? [];
  return parts.map((part, i) => (i < parts.length - 1 ? `${part}~` : part)).join(path.sep);
}

/** The key of a file that `fileOfKey` has named; undefined for what it has not. */
export function keyOfFile(file: string): string | undefined {
  const parts = file.split(path.sep).map((part, i, all) => (i < all.length - 1 && part.endsWith("~") ? part.slice(0, -1) : part));
  try {
    const key = decodeURIComponent(parts.join(""));
    return fileOfKey(key) === file ? key : undefined;
  } catch {
    return undefined; // half a percent sign
  }
}

function encode(key: string): string {
  let name = "";
  for (const byte of Buffer.from(key)) {
    const character = String.fromCharCode(byte);
    name += PLAIN.test(character) ? character : `%${byte.toString(16).padStart(2, "0")}`;
  }
  return name;
}
