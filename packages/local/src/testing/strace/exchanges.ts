import type { Call } from "./trace";

/** One request to the engine and its answer, as they crossed a socket. */
export interface Exchange {
  /** `PutItem`, … */
  operation: string;
  request: string;
  /** When its first byte was read. */
  askedAt: number;
  status: number;
  answer: string;
  /** When the first byte of the answer began to leave. */
  answeredAt: number;
}

const READS = new Set(["read", "recvfrom", "readv"]);
const WRITES = new Set(["write", "writev", "sendto", "sendmsg"]);

/** What the clients asked and were answered, in the order of the answers. A client of ours asks again only after it was answered. */
export function exchangesOf(calls: Call[]): Exchange[] {
  const exchanges: Exchange[] = [];
  const asked = new Map<string, { text: string; at: number }>();
  const last = new Map<string, Exchange>();
  for (const { name, socket, data, begin, result } of calls) {
    if (socket === undefined || result <= 0) continue;
    const text = data.toString("latin1");
    const pending = asked.get(socket);
    if (READS.has(name)) asked.set(socket, { text: (pending?.text ?? "") + text, at: pending?.at ?? begin });
    if (!WRITES.has(name)) continue;
    if (!pending) {
      const previous = last.get(socket);
      if (previous) previous.answer += text;
      continue;
    }
    asked.delete(socket);
    const exchange = {
      operation: /x-amz-target: *DynamoDB_\d+\.(\w+)/i.exec(pending.text)?.[1] ?? "",
      request: pending.text,
      askedAt: pending.at,
      status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]),
      answer: text,
      answeredAt: begin,
    };
    last.set(socket, exchange);
    exchanges.push(exchange);
  }
  return exchanges;
}
