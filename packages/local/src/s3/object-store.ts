import { createHash, randomUUID } from "node:crypto";
import { link, mkdir, open, readdir, rename, rm, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import { makeFolder } from "../make-folder";
import { fileOfKey, keyOfFile } from "./key-names";
import { footerOf, readDescription, type Description } from "./object-file";

export interface ObjectHead extends Description {
  key: string;
  size: number;
}

/** An object that is read: of what it was when it was opened, whatever becomes of it meanwhile. To be closed. */
export interface OpenObject {
  head: ObjectHead;
  /** From byte `start` up to and with `end`. */
  read(start: number, end: number): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

const READ_BYTES = 256 * 1024;

/** The objects of one bucket, in a folder of their own. What was committed survives the death of the process and a power cut. */
export class ObjectStore {
  readonly #objects: string;
  readonly #drafts: string;

  private constructor(folder: string) {
    this.#objects = path.join(folder, "objects");
    this.#drafts = path.join(folder, "drafts");
  }

  /** Makes the folder if it is not there. Uploads that a process has died over are thrown away. */
  static async open(folder: string): Promise<ObjectStore> {
    const store = new ObjectStore(folder);
    makeFolder(store.#objects);
    await rm(store.#drafts, { recursive: true, force: true });
    await mkdir(store.#drafts);
    return store;
  }

  /** An object that is being written. Nobody sees it before it is committed. */
  async begin(): Promise<Draft> {
    const file = path.join(this.#drafts, randomUUID());
    return new Draft(file, await open(file, "wx"), (key) => path.join(this.#objects, fileOfKey(key)));
  }

  async find(key: string): Promise<OpenObject | undefined> {
    const file = await open(path.join(this.#objects, fileOfKey(key)), "r").catch(orAbsent);
    if (!file) return undefined;
    try {
      const head = { key, ...(await readDescription(file)) };
      return { head, read: (start, end) => readRange(file, start, end), close: () => file.close() };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async findHead(key: string): Promise<ObjectHead | undefined> {
    const object = await this.find(key);
    await object?.close();
    return object?.head;
  }

  /** Safe to call for what is not there. */
  async delete(key: string): Promise<void> {
    const file = path.join(this.#objects, fileOfKey(key));
    const isGone = await unlink(file).then(() => true, orAbsent);
    if (isGone) await syncFolder(path.dirname(file));
  }

  /** All keys that begin so, in the order of their bytes. */
  async keys(prefix: string): Promise<string[]> {
    const entries = await readdir(this.#objects, { recursive: true, withFileTypes: true });
    const keys = entries.flatMap((entry) => {
      if (!entry.isFile()) return [];
      const key = keyOfFile(path.relative(this.#objects, path.join(entry.parentPath, entry.name)));
      return key?.startsWith(prefix) ? [key] : [];
    });
    return keys.sort(compareBytes);
  }
}

export const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

async function* readRange(file: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  for (let position = start; position <= end;) {
    const length = Math.min(READ_BYTES, end - position + 1);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
    if (bytesRead === 0) throw new Error("an object is shorter than it says");
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}

/** A commit that was to make an object, and not to replace one. */
export class KeyTaken extends Error {
  override name = "KeyTaken";
}

class Draft {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #fileOf: (key: string) => string;
  readonly #md5 = createHash("md5");
  #size = 0;

  constructor(draftPath: string, file: FileHandle, fileOf: (key: string) => string) {
    this.#path = draftPath;
    this.#file = file;
    this.#fileOf = fileOf;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#md5.update(chunk);
    this.#size += chunk.length;
    await this.#file.writeFile(chunk); // goes on where the last one ended, and writes all of it
  }

  /**
   * Makes it the object with this key, at once and as a whole: content and name are on the disk when this returns.
   * @throws KeyTaken with `isNew` if there is one already
   */
  async commit(key: string, description: Omit<Description, "etag">, { isNew = false } = {}): Promise<ObjectHead> {
    const whole = { ...description, etag: this.#md5.digest("hex") };
    await this.#file.writeFile(footerOf(whole));
    await this.#file.sync();
    await this.#file.close();
    const target = this.#fileOf(key);
    makeFolder(path.dirname(target));
    if (isNew) await this.#linkTo(target);
    else await rename(this.#path, target);
    await syncFolder(path.dirname(target));
    return { key, size: this.#size, ...whole };
  }

  async #linkTo(target: string): Promise<void> {
    try {
      await link(this.#path, target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new KeyTaken(target, { cause: error });
      throw error;
    }
    await unlink(this.#path);
  }

  /** Safe to call after a commit, whether or not it worked. */
  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }
}
export type { Draft };

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return; // it has no such call
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function orAbsent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
  throw error;
}
