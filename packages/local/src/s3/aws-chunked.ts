import { S3Error } from "./s3-error";

const LINE_MAX_BYTES = 8 * 1024;
const CRLF = Buffer.from("\r\n");

/**
 * The content of a body that is sent as `aws-chunked`, which is what the SDKs do with a stream: pieces with their lengths before them, and what was
 * computed on the way behind the last one. Those trailers are put into `trailers` when the content has ended.
 * @throws S3Error IncompleteBody, InvalidRequest
 */
export async function* decodeAwsChunked(source: AsyncIterable<Buffer>, trailers: Map<string, string>): AsyncGenerator<Buffer> {
  const input = new Input(source);
  for (;;) {
    const head = await input.line();
    const length = /^[0-9a-f]{1,8}(;.*)?$/i.test(head) ? parseInt(head, 16) : NaN;
    if (Number.isNaN(length)) throw new S3Error("InvalidRequest", "The length of a chunk is no number.");
    if (length === 0) break;
    yield* input.bytes(length);
    if ((await input.line()) !== "") throw new S3Error("InvalidRequest", "A chunk is longer than it says.");
  }
  for (let line = await input.line(); line !== ""; line = await input.line()) {
    const colon = line.indexOf(":");
    if (colon < 1) throw new S3Error("InvalidRequest", "A trailer is no header.");
    trailers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
}

class Input {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(CRLF);
      if (end > LINE_MAX_BYTES || (end < 0 && this.#rest.length > LINE_MAX_BYTES)) {
        throw new S3Error("InvalidRequest", "A line between the chunks is too long.");
      }
      if (end >= 0) {
        const line = this.#rest.subarray(0, end).toString("latin1");
        this.#rest = this.#rest.subarray(end + CRLF.length);
        return line;
      }
      this.#rest = Buffer.concat([this.#rest, await this.#next()]);
    }
  }

  async *bytes(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      if (this.#rest.length === 0) this.#rest = await this.#next();
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async #next(): Promise<Buffer> {
    const next = await this.#source.next();
    if (next.done) throw new S3Error("IncompleteBody", "The body ends before its last chunk.");
    return next.value;
  }
}
