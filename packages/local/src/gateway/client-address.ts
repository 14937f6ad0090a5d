import type { IncomingMessage } from "node:http";

export interface ClientView {
  /** The address that rate limits may rely on: a client cannot choose it. */
  sourceIp: string;
  protocol: "http" | "https";
  /** What API Gateway puts into `x-forwarded-for`. */
  forwardedFor: string;
  port: string;
}

/**
 * Who calls, and over what. Behind a proxy of one's own (`trustProxy`) the last entry of `x-forwarded-for` is the caller, since the proxy
 * appended it; the entries before it came from the client and prove nothing.
 */
export function clientView(request: IncomingMessage, trustProxy: boolean): ClientView {
  const peer = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const claimed = firstValue(request.headers["x-forwarded-for"]);
  const encrypted = "encrypted" in request.socket;
  if (!trustProxy) {
    const forwardedFor = claimed ? `${claimed}, ${peer}` : peer;
    return { sourceIp: peer, protocol: encrypted ? "https" : "http", forwardedFor, port: String(request.socket.localPort ?? "") };
  }
  const protocol = firstValue(request.headers["x-forwarded-proto"])?.split(",").at(-1)?.trim();
  return {
    sourceIp: claimed?.split(",").at(-1)?.trim() || peer,
    protocol: protocol === "https" || encrypted ? "https" : "http",
    forwardedFor: claimed || peer,
    port: firstValue(request.headers["x-forwarded-port"]) ?? (protocol === "https" ? "443" : String(request.socket.localPort ?? "")),
  };
}

/** Splits a request target without judging it: `new URL` throws on targets that a client is free to send, such as `//`. */
export function splitTarget(target: string): { path: string; query: string } {
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  return { path: path.startsWith("/") ? path : `/${path}`, query: mark < 0 ? "" : target.slice(mark + 1) };
}

function firstValue(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(",") : header;
}
