import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import type { Clients } from "./clients";
import { postForm, type TestFile } from "./files";
import type { Frame, SocketClient, Stack } from "./stack";

export type GuestClient = SocketClient & {
  /** By which they are known again. */
  guest: string;
};

let count = 0;
export const newRoom = (): string => `room-${process.pid}-${count++}`;

/** People without an account, who come from an address of their own: the limits of an address are theirs alone. */
export class Guests {
  readonly address = `2001:db8::${randomBytes(4)
    .toString("hex")
    .replace(/(.{4})/, "$1:")}`;
  readonly #stack: () => Stack;
  readonly #clients: Clients;

  constructor(stack: () => Stack, clients: Clients) {
    this.#stack = stack;
    this.#clients = clients;
  }

  /** Somebody new, or known again by what an earlier ticket brought. */
  come = (known: string | null = null): Promise<GuestClient> => this.#open({ guest: known });

  /** Somebody who shows nothing and wants nothing to show. */
  stranger = (): Promise<GuestClient> => this.#open(undefined);

  /** Calls a route from their address. */
  async api(signature: string, body?: unknown): ReturnType<Stack["api"]> {
    const { onBehalfOf } = await import("@agora/core/edge"); // when the secret is in place
    return this.#stack().api(signature, { body, headers: onBehalfOf(this.address) });
  }

  async #open(request: object | undefined): Promise<GuestClient> {
    const { body, status } = await this.api("POST /realtime/ticket", request);
    expect(status).toBe(201);
    const client = await this.#clients.open(`${body.url}?ticket=${body.ticket}`);
    return Object.assign(client, { guest: body.guest as string });
  }
}

export const join = (client: SocketClient, room: string, more: object = {}): Promise<Frame> =>
  client.ask({ action: "join", room, ...more });
/** Asks for a form for an image. */
export const askForUpload = (client: SocketClient, room: string, { filename, content_type, bytes }: TestFile): Promise<Frame> =>
  client.ask({ action: "upload", room, filename, content_type, size: bytes.length });

/** Uploads an image for a room, which must not be refused. @returns its id */
export async function uploadTo(client: SocketClient, room: string, file: TestFile): Promise<string> {
  const answer = await askForUpload(client, room, file);
  expect(answer).toMatchObject({ type: "upload" });
  expect((await postForm(answer.upload, file.bytes)).status).toBe(204);
  return answer.upload_id as string;
}

export const say = (client: SocketClient, room: string, content: string, more: object = {}): Promise<Frame> =>
  client.ask({ action: "send", topic: `room:${room}`, content, ...more });
