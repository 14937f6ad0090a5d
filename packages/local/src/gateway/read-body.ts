import type { IncomingMessage } from "node:http";

/** `aborted`: the client went away. `too_large`: all of it was read and dropped, so that an answer can still be sent. */
export type BodyOutcome = { kind: "body"; body: Buffer } | { kind: "too_large"; bytes: number } | { kind: "aborted" };

/** Reads a request's body, keeping at most `maxBytes` in memory. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<BodyOutcome> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else chunks = [];
    }
  } catch {
    return { kind: "aborted" }; // the stream fails only when the client does
  }
  return bytes > maxBytes ? { kind: "too_large", bytes } : { kind: "body", body: Buffer.concat(chunks) };
}
