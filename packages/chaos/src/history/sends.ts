/** What an acknowledgement said. */
export interface Ack {
  seq: number;
  digest: number;
  at: number;
}

export interface Send {
  person: number;
  log: number;
  /** Before the first request was made. */
  startAt: number;
  digest: number;
  /** The first acknowledgement; undefined: the answer is unknown, or was a refusal. The message may be there, at most once. */
  ack: Ack | undefined;
}

const FLOATS = 2;
const INTS = 5;
/** A sequence number that stands for "no acknowledgement": logs begin at 1. */
const NONE = 0;

/** Every message that somebody tried to send, in thirty-six bytes each. Its number is its place in this list. */
export class Sends {
  #floats = new Float64Array(1024 * FLOATS);
  #ints = new Uint32Array(1024 * INTS);
  #length = 0;
  #acknowledged = 0;
  /** Acknowledgements that said something else than the first one of the same send. */
  readonly contradictions: { send: number; ack: Ack }[] = [];

  get length(): number {
    return this.#length;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  begin({ person, log, startAt }: Pick<Send, "person" | "log" | "startAt">): number {
    const send = this.#length++;
    if (send * FLOATS >= this.#floats.length) this.#grow();
    this.#floats[send * FLOATS] = startAt;
    this.#ints.set([person, log, 0, NONE, 0], send * INTS);
    return send;
  }

  /** What was sent under this number, known once its text has been made. */
  describe(send: number, digest: number): void {
    this.#ints[send * INTS + 2] = digest;
  }

  acknowledge(send: number, { seq, digest, at }: Ack): void {
    const first = this.at(send).ack;
    if (first === undefined) {
      this.#acknowledged++;
      this.#floats[send * FLOATS + 1] = at;
      this.#ints.set([seq, digest], send * INTS + 3);
    } else if (first.seq !== seq || first.digest !== digest) this.contradictions.push({ send, ack: { seq, digest, at } });
  }

  at(send: number): Send {
    const [person = 0, log = 0, digest = 0, seq = 0, ackDigest = 0] = this.#ints.subarray(send * INTS, (send + 1) * INTS);
    const [startAt = 0, at = 0] = this.#floats.subarray(send * FLOATS, (send + 1) * FLOATS);
    return { person, log, startAt, digest, ack: seq === NONE ? undefined : { seq, digest: ackDigest, at } };
  }

  *[Symbol.iterator](): Generator<[number, Send]> {
    for (let send = 0; send < this.#length; send++) yield [send, this.at(send)];
  }

  #grow(): void {
    const floats = new Float64Array(this.#floats.length * 2);
    floats.set(this.#floats);
    this.#floats = floats;
    const ints = new Uint32Array(this.#ints.length * 2);
    ints.set(this.#ints);
    this.#ints = ints;
  }
}
