import type { Client, Person, SocketClient } from "@agora/local/testing/stack";
import { problemsOfListener } from "../invariants";
import { catchUp } from "./catch-up";
import { close, type Place } from "./place";

const HEARD_WITHIN_MS = 3_000;

/** Somebody who looks at a channel and, when disconnected, comes back and asks for what they missed. */
export class Listening {
  readonly #client: Client;
  readonly #place: Place;
  readonly #person: Person;
  readonly #socket: SocketClient;
  readonly #cut: Promise<void>;
  #head = 0;
  wasCut = false;

  private constructor(client: Client, place: Place, person: Person, socket: SocketClient) {
    this.#client = client;
    this.#place = place;
    this.#person = person;
    this.#socket = socket;
    this.#cut = new Promise((resolve) => {
      socket.socket.once("close", () => {
        this.wasCut = true;
        resolve();
      });
    });
  }

  static async start(client: Client, place: Place, person: Person, socket: SocketClient): Promise<Listening> {
    const listening = new Listening(client, place, person, socket);
    const answer = await socket.ask({ action: "subscribe", topics: [{ topic: place.topic }] });
    listening.#head = answer.topics[0].head as number;
    return listening;
  }

  get heard(): number[] {
    return this.#socket.frames.filter(({ type }) => type === "new_message").map(({ seq }) => seq as number);
  }

  /** Resolves when it has heard the entry or was cut, or after a while. */
  async hasHeard(seq: number): Promise<void> {
    const heard = this.#socket.next((frame) => frame.type === "new_message" && frame.seq === seq, HEARD_WITHIN_MS);
    await Promise.race([this.#cut, heard.catch(() => undefined)]);
  }

  async problems(acknowledged: number[]): Promise<string[]> {
    const { heard, wasCut } = this;
    if (!wasCut) return problemsOfListener({ name: "a listener", heard, wasCut }, acknowledged);
    const again = await this.#client.connect(this.#person.token);
    const resumed = await catchUp(this.#client, again, this.#person, this.#place, Math.max(this.#head, ...heard));
    await close(again);
    return problemsOfListener({ name: "a listener", heard, wasCut, resumed }, acknowledged);
  }

  close(): Promise<void> {
    return close(this.#socket);
  }
}
