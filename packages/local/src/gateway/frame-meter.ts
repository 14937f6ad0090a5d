import type { Duplex } from "node:stream";

const CONTINUATION = 0x0;
const TEXT = 0x1;
const BINARY = 0x2;

/**
 * Watches the bytes of a socket for data frames that are longer than allowed. `ws` bounds whole messages and does not show their frames, so
 * this reads the frame headers beside it (RFC 6455 §5.2) and skips the payloads. Must be attached before the first bytes are read.
 */
export class FrameMeter {
  readonly #maxBytes: number;
  #header: number[] = [];
  #payloadLeft = 0;
  #messagesSeen = 0;
  #messagesTaken = 0;
  #oversized: number | undefined;

  constructor(stream: Duplex, maxBytes: number) {
    this.#maxBytes = maxBytes;
    // Before the listener of ws: when a message comes out there, its frames must have been seen here.
    stream.prependListener("data", (chunk: Buffer) => this.#read(chunk));
  }

  /** To be asked once for each message that comes out: was one of its frames too long? */
  takeMessage(): { isOversized: boolean } {
    return { isOversized: this.#messagesTaken++ === this.#oversized };
  }

  #read(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#payloadLeft > 0) {
        const skipped = Math.min(this.#payloadLeft, chunk.length - offset);
        this.#payloadLeft -= skipped;
        offset += skipped;
        continue;
      }
      this.#header.push(chunk[offset++] ?? 0);
      this.#readHeader();
    }
  }

  #readHeader(): void {
    const [first = 0, second = 0] = this.#header;
    if (this.#header.length < 2) return;
    const short = second & 0x7f;
    const lengthBytes = extendedLengthBytes(short);
    const maskBytes = second & 0x80 ? 4 : 0;
    if (this.#header.length < 2 + lengthBytes + maskBytes) return;
    const length = lengthBytes ? this.#header.slice(2, 2 + lengthBytes).reduce((sum, byte) => sum * 256 + byte, 0) : short;
    this.#header = [];
    this.#payloadLeft = length;

    const opcode = first & 0x0f;
    if (opcode !== CONTINUATION && opcode !== TEXT && opcode !== BINARY) return;
    if (length > this.#maxBytes) this.#oversized ??= this.#messagesSeen;
    const isFinal = (first & 0x80) !== 0;
    if (isFinal) this.#messagesSeen++;
  }
}

function extendedLengthBytes(short: number): number {
  if (short === 126) return 2;
  return short === 127 ? 8 : 0;
}
