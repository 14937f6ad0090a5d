import { createHash } from "node:crypto";
import { brotliCompress, brotliDecompress, constants } from "node:zlib";
import { promisify } from "node:util";
import * as s3 from "../lib/s3";
import { numbered } from "./part";
import type { Part } from "./part";
import type { Pair } from "./payload";
import type { Block, Segment } from "./tier-store";

/*
 * An object of a segment is blocks, one behind the other. Each is compressed by itself, so that a few bytes are fetched for a few messages:
 * the JSON of `[[offset of the first, created_at, bytes as JSON, [[payload, key?], …]], …]`, one for each produce.
 */

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** Larger ones save a hundredth of the space, and a reader of ten messages has to unpack them as well. */
const BLOCK_BYTES = 256 * 1024;
/** More takes ten times the time for a hundredth (docs/benchmarks.md). */
const QUALITY = 5;
const OBJECT_MAX_BYTES = 4 * 1024 * 1024;
/** As JSON: it is all in memory, and what it is cut into has to fit into one row. */
const SEGMENT_MAX_BYTES = 16 * 1024 * 1024;

/** What was produced at once, as it goes into a segment. */
export interface Old {
  seq: number;
  count: number;
  created_at: number;
  /** As `joined` has put the messages together. */
  json: string;
}

/** Neighbouring messages, until they are a segment. Cost: about 40 µs per KB. */
export class SegmentWriter {
  readonly #chunks: Uint8Array[] = [];
  readonly #blocks: Block[] = [];
  #open: string[] = [];
  #openBytes = 0;
  #openFirst = 0;
  #written = 0;
  #bytes = 0;
  #first: Old | undefined;
  #last = 0;
  #lastAt = 0;

  get isFull(): boolean {
    return this.#written >= OBJECT_MAX_BYTES || this.#bytes >= SEGMENT_MAX_BYTES;
  }

  async add(old: Old): Promise<void> {
    const { seq, count, created_at, json } = old;
    const bytes = Buffer.byteLength(json);
    this.#first ??= old;
    if (this.#open.length === 0) this.#openFirst = seq;
    this.#open.push(`[${seq},${created_at},${bytes},${json}]`);
    this.#openBytes += bytes;
    this.#bytes += bytes;
    this.#last = seq + count - 1;
    this.#lastAt = Math.max(this.#lastAt, created_at);
    if (this.#openBytes >= BLOCK_BYTES) await this.#close();
  }

  /** The object, and its row. */
  async finish(key: string): Promise<{ body: Uint8Array<ArrayBuffer>; segment: Segment }> {
    await this.#close();
    if (!this.#first) throw new Error("a segment has at least one message");
    const body = new Uint8Array(Buffer.concat(this.#chunks));
    const { seq, created_at } = this.#first;
    const segment = { first: seq, last: this.#last, first_at: created_at, last_at: this.#lastAt, key, bytes: body.length };
    return { body, segment: { ...segment, blocks: this.#blocks } };
  }

  async #close(): Promise<void> {
    if (this.#open.length === 0) return;
    const json = Buffer.from(`[${this.#open.join(",")}]`);
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: QUALITY,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: json.length,
    };
    const block = await compress(json, { params });
    const first = this.#openFirst;
    this.#blocks.push([first, this.#last - first + 1, this.#written, block.length, this.#openBytes, digestOf(block)]);
    this.#chunks.push(block);
    this.#written += block.length;
    this.#open = [];
    this.#openBytes = 0;
  }
}

/** Neighbouring blocks of one object. */
export interface Range {
  key: string;
  blocks: Block[];
}

/** What was produced, one after the other. @throws Error for what is not what was written; unavailable. Cost: 1 GET. */
export async function read({ key, blocks }: Range): Promise<Part[]> {
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (!first || !last) return [];
  const start = first[2];
  const bytes = await s3.read(key, { start, length: last[2] + last[3] - start });
  if (!bytes) throw new Error(`${key} is gone`);
  const parts: Part[] = [];
  for (const [offset, , blockStart, length, , digest] of blocks) {
    const block = bytes.subarray(blockStart - start, blockStart - start + length);
    if (digestOf(block) !== digest) throw new Error(`${key} is not what was written, from byte ${blockStart} on (offset ${offset})`);
    const text = (await decompress(block)).toString();
    for (const [seq, created_at, size, pairs] of JSON.parse(text) as [number, number, number, Pair[]][]) {
      const messages = () => Promise.resolve(numbered({ seq, created_at }, pairs));
      parts.push({ seq, count: pairs.length, created_at, size, messages });
    }
  }
  return parts;
}

/** 128 bits: nobody has an interest in a second text of the same digest, who could write here at all. */
const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest().subarray(0, 16).toString("base64url");
