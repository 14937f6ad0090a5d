import { brotliCompressSync, brotliDecompressSync, constants, deflateRawSync, inflateRawSync } from "node:zlib";
import type { Options } from "./options";
import type { Outcome } from "./outcome";
import { sampleMessages } from "./sample-messages";
import { median, shuffle, summarize } from "./statistics";

const SIZES = [1, 10, 100, 500];

interface Codec {
  name: string;
  compress(bytes: Buffer): Buffer;
  decompress(bytes: Buffer): Buffer;
}

const brotli = (quality: number): Codec => ({
  name: `Brotli ${quality}`,
  compress: (bytes) =>
    brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  decompress: brotliDecompressSync,
});
const deflate = (level: number): Codec => ({
  name: `Deflate ${level}`,
  compress: (bytes) => deflateRawSync(bytes, { level }),
  decompress: inflateRawSync,
});

/** What ships with Node 20 and 22 alike; Zstandard came with 22.15. */
const codecs = [deflate(1), deflate(6), brotli(1), brotli(3), brotli(5), brotli(6)];
const CHOSEN = "Brotli 3";

/** How small a batch becomes, and what that takes of a processor. */
export function compression({ isQuick }: Options): Promise<Outcome> {
  const batches = isQuick ? 5 : 40;
  const found = SIZES.flatMap((size) =>
    codecs.map((codec) => ({ size, codec, ratio: [] as number[], there: [] as number[], back: [] as number[] })),
  );
  for (let i = 0; i < batches; i++) {
    for (const size of SIZES) {
      const bytes = Buffer.from(JSON.stringify(sampleMessages(size)));
      const kilobytes = bytes.length / 1024;
      for (const one of shuffle(found.filter((other) => other.size === size))) {
        const [compressed, there] = timed(() => one.codec.compress(bytes));
        const [, back] = timed(() => one.codec.decompress(compressed));
        one.ratio.push(bytes.length / compressed.length);
        one.there.push(there / kilobytes);
        one.back.push(back / kilobytes);
      }
    }
  }
  const rows = (of: "ratio" | "there" | "back") =>
    found.map((one) => ({ name: `${one.codec.name}, ${one.size} a batch`, summary: summarize(one[of]) }));
  const ratio = median(found.find(({ codec, size }) => codec.name === CHOSEN && size === 100)?.ratio ?? []);
  return Promise.resolve({
    title: "Streams: compression",
    method:
      "Batches of messages of about 300 bytes of JSON, each compressed by every codec that Node 20 and 22 ship, at several of their levels, and decompressed again, in changing order. " +
      `What is stored is ${CHOSEN}: it is within a tenth of the smallest, and half as slow as what is smaller.`,
    tables: [
      { heading: "how many times smaller", unit: "×", rows: rows("ratio") },
      { heading: "compressing", unit: "µs per KB", rows: rows("there") },
      { heading: "decompressing", unit: "µs per KB", rows: rows("back") },
    ],
    goals: [{ text: `${CHOSEN}, a hundred a batch: times smaller`, value: ratio, limit: 3, is: "at least" }],
    notes: [],
  });
}

/** In microseconds. */
function timed<T>(act: () => T): [T, number] {
  const startedAt = process.hrtime.bigint();
  const result = act();
  return [result, Number(process.hrtime.bigint() - startedAt) / 1_000];
}
