import type { StreamMessage } from "../protocol/stream";
import type { Pair } from "./payload";

/** What was produced at once, wherever it is kept. */
export interface Part {
  /** The offset of the first message. */
  seq: number;
  count: number;
  created_at: number;
  /** Bytes as JSON. */
  size: number;
  /** @throws unavailable */
  messages(): Promise<StreamMessage[]>;
}

export const numbered = ({ seq, created_at }: Pick<Part, "seq" | "created_at">, pairs: readonly Pair[]): StreamMessage[] =>
  pairs.map(([payload, key], i) => ({ offset: seq + i, payload, ...(key === undefined ? {} : { key }), timestamp: created_at }));
