import { AppError } from "../lib/error";
import { limits } from "../protocol/limits";

/** A message as it is kept: its payload as JSON text. */
export interface PlainMessage {
  payload: string;
  key?: string | undefined;
}

interface Given {
  payload?: unknown;
  key?: string | undefined;
}

/** @throws input.invalid for a payload that is too large, or nests too deeply */
export function plain({ payload, key }: Given, path: string): PlainMessage {
  const text = jsonOf(payload);
  if (text === undefined || nests(text, limits.payloadDepthMax)) {
    throw invalid(path, `must not nest deeper than ${limits.payloadDepthMax}`);
  }
  if (Buffer.byteLength(text) > limits.payloadMaxBytes) throw invalid(path, `must be at most ${limits.payloadMaxBytes / 1024} KB as JSON`);
  return { payload: text, ...(key === undefined ? {} : { key }) };
}

/** Undefined for what nests so deeply that not even this is possible. */
function jsonOf(payload: unknown): string | undefined {
  try {
    return JSON.stringify(payload);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Are there more than so many arrays and objects within each other? */
function nests(json: string, max: number): boolean {
  let depth = 0;
  let isText = false;
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (isText) {
      if (character === "\\") i++;
      else if (character === '"') isText = false;
    } else if (character === '"') isText = true;
    else if (character === "[" || character === "{") {
      if (++depth > max) return true;
    } else if (character === "]" || character === "}") depth--;
  }
  return false;
}

function invalid(path: string, problem: string): AppError {
  return new AppError("input.invalid", `${path} ${problem}.`, { details: { [path]: problem } });
}

/** Several messages as one text: an array of `[payload]` and `[payload, key]`. */
export const joined = (messages: readonly PlainMessage[]): string =>
  `[${messages.map(({ payload, key }) => (key === undefined ? `[${payload}]` : `[${payload},${JSON.stringify(key)}]`)).join(",")}]`;

/** A message as `joined` writes it. */
export type Pair = [payload: unknown, key?: string];

/** As `joined` has put them together. */
export const parted = (text: string): Pair[] => JSON.parse(text) as Pair[];
