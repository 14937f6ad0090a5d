import { expect } from "vitest";
import type { Clients } from "./clients";
import type { Frame, SocketClient, Stack } from "./stack";

export type GuestClient = SocketClient & {
  /** By which they are known again. */
  guest: string;
};

let count = 0;
export const newRoom = (): string => `room-${process.pid}-${count++}`;

/** People without an account. */
export class Guests {
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

  async #open(request: object | undefined): Promise<GuestClient> {
    const { body, status } = await this.#stack().api("POST /realtime/ticket", { body: request });
    expect(status).toBe(201);
    const client = await this.#clients.open(`${body.url}?ticket=${body.ticket}`);
    return Object.assign(client, { guest: body.guest as string });
  }
}

export const join = (client: SocketClient, room: string, more: object = {}): Promise<Frame> =>
  client.ask({ action: "join", room, ...more });
export const say = (client: SocketClient, room: string, content: string, more: object = {}): Promise<Frame> =>
  client.ask({ action: "send", topic: `room:${room}`, content, ...more });
