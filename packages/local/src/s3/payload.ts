import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { crc32 } from "node:zlib";
import { decodeAwsChunked } from "./aws-chunked";
import { S3Error } from "./s3-error";

/** What `x-amz-content-sha256` may say instead of a hash. */
const UNSIGNED = "UNSIGNED-PAYLOAD";
const CHUNKED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/** The most that S3 takes in one request. */
const MAX_BYTES = 5 * 1024 ** 3;

interface Digest {
  update(chunk: Uint8Array): void;
  /** As it stands in the header. */
  result(): string;
}

const hashing = (algorithm: string, encoding: "hex" | "base64") => (): Digest => {
  const hash = createHash(algorithm);
  return { update: (chunk) => void hash.update(chunk), result: () => hash.digest(encoding) };
};

function crc32Digest(): Digest {
  let value = 0;
  return {
    update: (chunk) => (value = crc32(chunk, value)),
    result() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString("base64");
    },
  };
}

/** Those that S3 knows and Node can compute. A client that asks for another one is told so. */
const CHECKSUMS: Record<string, () => Digest> = {
  "x-amz-checksum-crc32": crc32Digest,
  "x-amz-checksum-sha1": hashing("sha1", "base64"),
  "x-amz-checksum-sha256": hashing("sha256", "base64"),
};
const isChecksum = (name: string) => /^x-amz-checksum-(?!mode$|type$|algorithm$)/.test(name);

interface Expectation {
  digest: Digest;
  /** Asked when the content has ended: a trailer comes behind it. */
  expected: () => string | undefined;
  refusal: () => S3Error;
}

/** What a request sends, as it was signed. */
export class Payload {
  readonly #source: AsyncIterable<Buffer>;
  readonly #headers: IncomingHttpHeaders;
  /** `x-amz-content-sha256`; undefined where the signature is in the query, which covers no body. */
  readonly #signedAs: string;

  constructor(source: AsyncIterable<Buffer>, headers: IncomingHttpHeaders, signedAs: string | undefined) {
    this.#source = source;
    this.#headers = headers;
    this.#signedAs = signedAs ?? UNSIGNED;
  }

  /**
   * Hands on the content piece by piece; throws behind the last one if it is not what the request has promised: nothing may be done with it before.
   * @throws S3Error BadDigest, EntityTooLarge, IncompleteBody, InvalidDigest, MissingContentLength, NotImplemented, XAmzContentSHA256Mismatch
   */
  async *verified(): AsyncGenerator<Buffer> {
    const trailers = new Map<string, string>();
    const expectations = this.#expectations(trailers);
    const length = this.#length();
    let received = 0;
    for await (const chunk of this.#isChunked ? decodeAwsChunked(this.#source, trailers) : this.#source) {
      received += chunk.length;
      if (received > length) throw new S3Error("IncompleteBody", "The body is longer than it says.");
      for (const { digest } of expectations) digest.update(chunk);
      yield chunk;
    }
    if (received !== length) throw new S3Error("IncompleteBody", "The body is shorter than it says.");
    for (const { digest, expected, refusal } of expectations) if (digest.result() !== expected()) throw refusal();
  }

  /** All of a small one. @throws S3Error as `verified`. */
  async text(maxBytes: number): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of this.verified()) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new S3Error("MalformedXML", "The document is too long.");
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  }

  get #isChunked(): boolean {
    return this.#signedAs === CHUNKED;
  }

  #length(): number {
    const header = this.#isChunked ? "x-amz-decoded-content-length" : "content-length";
    const length = /^\d{1,15}$/.test(String(this.#headers[header])) ? Number(this.#headers[header]) : undefined;
    if (length === undefined) throw new S3Error("MissingContentLength", `You must provide the ${header} HTTP header.`);
    if (length > MAX_BYTES) throw new S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.");
    return length;
  }

  #expectations(trailers: ReadonlyMap<string, string>): Expectation[] {
    const headers = this.#headers;
    const all: Expectation[] = [];
    if (/^[0-9a-f]{64}$/.test(this.#signedAs)) {
      const refusal = () =>
        new S3Error("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.");
      all.push({ digest: hashing("sha256", "hex")(), expected: () => this.#signedAs, refusal });
    } else if (this.#signedAs !== UNSIGNED && this.#signedAs !== CHUNKED) {
      throw new S3Error("NotImplemented", "A body that is signed in this way is not supported here.");
    }
    const md5 = headers["content-md5"];
    if (md5 !== undefined) all.push(checksumOf("Content-MD5", hashing("md5", "base64"), () => String(md5)));
    for (const name of Object.keys(headers).filter(isChecksum)) all.push(checksumOf(name, CHECKSUMS[name], () => String(headers[name])));
    const announced = this.#isChunked ? headers["x-amz-trailer"] : undefined;
    for (const name of announced === undefined
      ? []
      : String(announced)
          .toLowerCase()
          .split(/\s*,\s*/)) {
      if (isChecksum(name)) all.push(checksumOf(name, CHECKSUMS[name], () => trailers.get(name)));
    }
    return all;
  }
}

function checksumOf(name: string, make: (() => Digest) | undefined, expected: Expectation["expected"]): Expectation {
  if (!make) throw new S3Error("NotImplemented", `${name} is not supported here.`);
  return { digest: make(), expected, refusal: () => new S3Error("BadDigest", `The ${name} you specified did not match what we received.`) };
}
