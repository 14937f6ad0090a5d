import { titleWith } from "$lib/chat/badge";
import type { UploadWires } from "$lib/chat/files/uploads.svelte";
import { Writers } from "$lib/chat/typing.svelte";
import { plainText } from "$lib/markup/plain-text";
import { AgoraError, createTalkRest, createRoom } from "@agora/sdk";
import type { Message, Rest, Room, RoomOptions, RoomSaying, RoomView } from "@agora/sdk";
import { changeBetween, changeWords, withChange } from "./crowd";
import type { CrowdLine } from "./crowd";
import { rememberCode, remembered } from "./remembered";

/** What stands between this and the world, so that tests can stand there. */
interface Wires extends Pick<RoomOptions, "WebSocket" | "clock" | "random" | "onlineSignal"> {
  rest?: Pick<Rest, "createTicket">;
}

/** One anonymous room, as a page shows it: a guest's, whoever is logged in here. */
export class RoomClient {
  readonly room: string;
  readonly writers = new Writers();
  /** Null before somebody wants in, and after they left. */
  view: RoomView | null = $state.raw(null);
  /** Who came and went since. */
  crowd: readonly CrowdLine[] = $state.raw([]);
  /** What is read aloud: what others say, and who comes and goes. */
  spoken = $state("");
  /** They were in, and went: so many stayed. Null: they did not. */
  leftBehind: number | null = $state(null);
  /** They have been in: the room is shown also while the connection is lost. */
  isIn = $state(false);
  /** The last number when somebody turned away from the page; null: they look at it. */
  #leftAt: number | null = $state(null);
  readonly #wires: Wires;
  readonly #rest: Pick<Rest, "createTicket">;
  #room: Room | undefined;
  #code = $state("");

  constructor(room: string, wires: Wires = {}) {
    this.room = room;
    this.#wires = wires;
    this.#rest = wires.rest ?? createTalkRest({ baseUrl: "/api", credentials: "omit" });
  }

  /** With which it is opened; empty: it needs none. */
  get code(): string {
    return this.#code;
  }

  /** Of the page; with how much others have said since somebody turned away, as far as that is still there. */
  get title(): string {
    const leftAt = this.#leftAt ?? Infinity;
    const { messages = [], alias } = this.view ?? {};
    const count = messages.filter(({ seq, author }) => seq > leftAt && author.username !== alias).length;
    return titleWith(`${this.room} · Agora`, { unread: false, mention_count: count });
  }

  /** Somebody looks at the page, or turns away from it. */
  look(isLooking: boolean): void {
    this.#leftAt = isLooking ? null : (this.view?.messages.at(-1)?.seq ?? 0);
  }

  /** Comes in, or tries again. @param code empty: none was given. */
  enter({ alias, code }: { alias: string; code: string }): void {
    this.#code = code;
    this.leftBehind = null;
    this.#room ??= createRoom({
      ...this.#wires,
      room: this.room,
      getTicket: () => this.#getTicket(),
      onchange: (view) => this.#changed(view),
      ontyping: (author) => this.writers.began(author),
      onmessage: (message) => this.#heard(message),
    });
    this.#room.join({ alias, ...(code === "" ? {} : { code }) });
  }

  /** For good, and at once. */
  leave(): void {
    this.leftBehind = Math.max(0, (this.view?.count ?? 1) - 1);
    rememberCode(this.room, null);
    this.close();
    this.isIn = false;
    this.view = null;
    this.crowd = [];
  }

  /** The page goes. What this tab remembers stays, for a reload. */
  close(): void {
    const room = this.#room;
    this.#room = undefined;
    room?.leave();
    this.writers.clear();
  }

  say(saying: RoomSaying): void {
    this.#room?.say(saying);
  }

  /** A form for an image that is to be said here. @throws AgoraError */
  upload: UploadWires["ask"] = async (image, signal) => {
    if (!this.#room) throw new AgoraError("network", "You have left.");
    return this.#room.upload(image, { signal });
  };

  retry(nonce: string): void {
    this.#room?.retry(nonce);
  }

  discard(nonce: string): void {
    this.#room?.discard(nonce);
  }

  typing(): void {
    this.#room?.typing();
  }

  /** @throws AgoraError */
  async loadOlder(): Promise<void> {
    await this.#room?.loadOlder();
  }

  /** A message of this number; it is looked for among the older ones. */
  async find(seq: number): Promise<Message | undefined> {
    for (;;) {
      const { messages = [], hasMore = false } = this.view ?? {};
      const first = messages[0]?.seq ?? 0;
      if (first <= seq || !hasMore) return messages.find((message) => message.seq === seq);
      await this.loadOlder();
      if (this.view?.messages[0]?.seq === first) return undefined;
    }
  }

  async #getTicket() {
    const ticket = await this.#rest.createTicket({ guest: remembered.guest });
    if (ticket.guest) remembered.guest = ticket.guest;
    return ticket;
  }

  #heard({ author, content }: Message): void {
    this.writers.said(author);
    const words = plainText(content ?? "", () => undefined) || "An image";
    if (author.username !== this.view?.alias) this.spoken = `${author.username}: ${words}`;
  }

  #changed(view: RoomView): void {
    if (!this.#room) return; // it was left
    const before = this.view;
    this.view = view;
    if (view.state === "refused") this.isIn = false;
    if (view.state !== "in") return;
    if (!this.isIn) {
      remembered.alias = view.alias;
      rememberCode(this.room, this.#code);
    } else if (before && before.members !== view.members) {
      const change = changeBetween(before.members, view.members, view.alias);
      this.crowd = withChange(this.crowd, change, { after: view.messages.at(-1)?.seq ?? 0, at: Date.now() });
      this.spoken = changeWords(change) || this.spoken;
    }
    this.isIn = true;
  }
}
