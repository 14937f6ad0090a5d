import { expect } from "vitest";
import { SocketClient, type Frame, type Person, type Stack } from "./stack";

/** The sockets that a test opens, to be closed when it ends. */
export class Clients {
  readonly #open: SocketClient[] = [];
  readonly #stack: () => Stack;

  constructor(stack: () => Stack) {
    this.#stack = stack;
  }

  async connect(who: Person): Promise<SocketClient> {
    const client = await this.#stack().connect(who.token);
    this.add(client);
    return client;
  }

  /** Rejects with the status as the message if the upgrade is refused. */
  async open(url: string): Promise<SocketClient> {
    const client = await SocketClient.open(url);
    this.add(client);
    return client;
  }

  /** Connects and subscribes; none of the topics may be denied. */
  async listen(who: Person, ...topics: string[]): Promise<SocketClient & { answer: Frame }> {
    const client = await this.connect(who);
    const answer = await client.ask({ action: "subscribe", topics: topics.map((topic) => ({ topic })) });
    expect(answer.denied).toEqual([]);
    return Object.assign(client, { answer });
  }

  /** Of one that was opened in another way. */
  add(...clients: SocketClient[]): void {
    this.#open.push(...clients);
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((client) => client.close()));
  }
}
