import { uniqueName, type Client, type Person, type SocketClient } from "@agora/local/testing/stack";
import { problemsOfListener, type Entry, type Said } from "../invariants";

interface Saying extends Said {
  body: { content: string; nonce: string; after: number };
}

const HEARD_WITHIN_MS = 2_000;

/** A server of its own with one channel, and a record of what was said there. */
export class Place {
  readonly #client: Client;
  readonly #owner: Person;
  readonly serverId: string;
  readonly channelId: string;
  readonly said: Saying[] = [];

  private constructor(client: Client, owner: Person, serverId: string, channelId: string) {
    this.#client = client;
    this.#owner = owner;
    this.serverId = serverId;
    this.channelId = channelId;
  }

  static async make(client: Client, owner: Person, { messages }: { messages: number }): Promise<Place> {
    const { status, body } = await client.api("POST /servers", { token: owner.token, body: { name: uniqueName("f") } });
    if (status !== 201) throw new Error(`making a server answered ${status}`);
    const place = new Place(client, owner, body.id as string, body.channels[0].id as string);
    for (let i = 1; i <= messages; i++) await place.send(place.say(`message ${i}`));
    return place;
  }

  get marks(): string[] {
    return [this.serverId, this.channelId];
  }
  get topic(): string {
    return `channel:${this.channelId}`;
  }
  get path(): string {
    return `/servers/${this.serverId}/channels/${this.channelId}/messages`;
  }

  /** Something to be sent, once or repeatedly, by somebody who has seen all that was acknowledged so far. */
  say(content: string): Saying {
    const nonce = uniqueName("n");
    const after = Math.max(0, ...this.said.map(({ seq = 0 }) => seq));
    const saying = { nonce, content, body: { content, nonce, after } };
    this.said.push(saying);
    return saying;
  }

  async send(saying: Saying): Promise<void> {
    const { status, body } = await this.#client.api(`POST ${this.path}`, { token: this.#owner.token, body: saying.body });
    if (status > 201) throw new Error(`sending answered ${status} ${JSON.stringify(body)}`);
    saying.seq = body.seq as number;
  }

  /** The whole log, page after page. */
  async read(): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (let after: number | null = 0; after !== null;) {
      const { body } = await this.#client.api(`GET ${this.path}?after=${after}&limit=100`, { token: this.#owner.token });
      entries.push(...(body.messages as Entry[]));
      after = body.next_cursor as number | null;
    }
    return entries;
  }

  async invite(body: object): Promise<string> {
    const answer = await this.#client.api(`POST /servers/${this.serverId}/invites`, { token: this.#owner.token, body });
    return answer.body.code as string;
  }

  async join(person: Person, code: string): Promise<void> {
    const { status } = await this.#client.api(`POST /invites/${code}/join`, { token: person.token });
    if (status !== 200) throw new Error(`joining answered ${status}`);
  }

  async members(): Promise<{ members: string[]; memberCount: number }> {
    const [list, server] = await Promise.all(
      [`GET /servers/${this.serverId}/members`, `GET /servers/${this.serverId}`].map((route) =>
        this.#client.api(route, { token: this.#owner.token }),
      ),
    );
    const members = (list?.body.members as { user_id: string }[]).map(({ user_id }) => user_id);
    return { members, memberCount: server?.body.member_count as number };
  }

  /** Somebody who looks at the channel, or at another topic, and waits. */
  async listener(person: Person, topic = this.topic): Promise<{ problems(seq: number): Promise<string[]>; close(): Promise<void> }> {
    const socket: SocketClient = await this.#client.listen(person.token, [{ topic }]);
    let wasCut = false;
    socket.socket.on("close", () => (wasCut = true));
    return {
      async problems(seq) {
        if (!wasCut)
          await socket.next((frame) => frame.type === "new_message" && frame.seq === seq, HEARD_WITHIN_MS).catch(() => undefined);
        const heard = socket.frames.filter(({ type }) => type === "new_message").map((frame) => frame.seq as number);
        return problemsOfListener({ name: "the listener", heard, wasCut }, [seq]);
      },
      close: () => close(socket),
    };
  }
}

/** Closes a socket that may have been closed from the other side. */
export function close(socket: SocketClient): Promise<void> {
  return socket.socket.readyState === socket.socket.OPEN ? socket.close() : Promise.resolve();
}
