import type { IncomingMessage } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

const KEY = /^[+/0-9A-Za-z]{22}==$/;

const ERROR_TYPES: Record<number, string> = {
  400: "BadRequestException",
  401: "UnauthorizedException",
  403: "ForbiddenException",
  404: "NotFoundException",
  429: "TooManyRequestsException",
};

/** Whether a request is a WebSocket handshake at all. Asked before `$connect` runs, so that the handler sees only what can become a socket. */
export function isHandshake({ method, headers }: IncomingMessage): boolean {
  const version = headers["sec-websocket-version"];
  return (
    method === "GET" &&
    headers.upgrade?.toLowerCase() === "websocket" &&
    KEY.test(headers["sec-websocket-key"] ?? "") &&
    (version === "13" || version === "8")
  );
}

/** Answers an upgrade with a status instead of a socket. */
export function refuseUpgrade(stream: Duplex, status: number, message: string = STATUS_CODES[status] ?? "Refused"): void {
  if (!stream.writable) {
    stream.destroy();
    return;
  }
  const body = JSON.stringify({ message });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}`,
    "Connection: close",
    `x-amzn-ErrorType: ${ERROR_TYPES[status] ?? "InternalServerErrorException"}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  stream.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => stream.destroy());
}
