import type { Channel, Member, ServerDetail } from "@agora/core/protocol/server";
import type { Realtime } from "@agora/sdk";
import { createContext } from "svelte";

export const [getServerView, setServerView] = createContext<ServerView>();

interface Loaded {
  server: ServerDetail;
  members: Member[];
}

/** A server as its pages show it: what they were loaded with, and what happened since. */
export class ServerView {
  readonly #loaded: () => Loaded;
  #joined: readonly Member[] = $state.raw([]);
  #added: readonly Channel[] = $state.raw([]);

  readonly id = $derived.by(() => this.#loaded().server.id);
  readonly name = $derived.by(() => this.#loaded().server.name);
  readonly canInvite = $derived.by(() => this.#loaded().server.me.permissions.includes("create_invites"));
  readonly channels = $derived.by(() => withNew(this.#loaded().server.channels, this.#added, this.id, (channel) => channel.id));
  readonly members = $derived.by(() => withNew(this.#loaded().members, this.#joined, this.id, (member) => member.user_id));
  readonly memberCount = $derived.by(() => this.#loaded().server.member_count + (this.members.length - this.#loaded().members.length));

  constructor(loaded: () => Loaded) {
    this.#loaded = loaded;
  }

  /** Listens to what changes in the server. `onresumed`: something may have been missed, load again. */
  follow(realtime: Realtime, serverId: string, onresumed: () => void): () => void {
    realtime.connect();
    const subscription = realtime.listen(`server:${serverId}`, {
      onevent: (event) => {
        if (event.type === "member_joined") this.#joined = [...this.#joined, event.member];
        if (event.type === "channel_created") this.#added = [...this.#added, event.channel];
      },
      onresumed,
    });
    return () => subscription.close();
  }
}

function withNew<T extends { server_id: string }>(loaded: T[], news: readonly T[], serverId: string, idOf: (item: T) => string): T[] {
  const byId = new Map(loaded.map((item) => [idOf(item), item]));
  for (const item of news) if (item.server_id === serverId && !byId.has(idOf(item))) byId.set(idOf(item), item);
  return [...byId.values()];
}
