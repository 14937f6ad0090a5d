import { createHash, createHmac } from "node:crypto";

/** What `Hash` and `Hmac` have in common; the name of the latter is deprecated. */
interface Digest {
  update(data: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** The SDK's signer takes hashes through this small interface. */
export class Sha256 {
  readonly #hash: Digest;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", toBytes(secret));
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    throw new Error("A hash is used once");
  }
}

function toBytes(secret: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof secret === "string") return secret;
  return ArrayBuffer.isView(secret) ? new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength) : new Uint8Array(secret);
}
