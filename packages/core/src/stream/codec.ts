import { brotliCompress, brotliDecompress, constants } from "node:zlib";
import { promisify } from "node:util";

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** As JSON, or that by Brotli (RFC 7932). */
export type Codec = "json" | "br";

export interface Encoded {
  codec: Codec;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A write unit is 1 KB, and what stands beside the body needs its part: below that, nothing is won. */
const COMPRESSED_FROM_BYTES = 700;
/** More takes twice the time for a twentieth less (docs/benchmarks.md). */
const QUALITY = 3;

/** Cost: about 10 µs per KB. */
export async function encode(json: string): Promise<Encoded> {
  const bytes = Buffer.from(json);
  if (bytes.length < COMPRESSED_FROM_BYTES) return { codec: "json", bytes };
  const params = { [constants.BROTLI_PARAM_QUALITY]: QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  const compressed = await compress(bytes, { params });
  return compressed.length < bytes.length ? { codec: "br", bytes: compressed } : { codec: "json", bytes };
}

/** The text again. Cost: about 2 µs per KB. */
export async function decode({ codec, bytes }: { codec: Codec; bytes: Uint8Array }): Promise<string> {
  return Buffer.from(codec === "br" ? await decompress(bytes) : bytes).toString();
}
