import { limits } from "@agora/core/protocol/limits";
import type { Channel, Member, ServerDetail } from "@agora/core/protocol/server";
import { AgoraError } from "@agora/sdk";
import type { Realtime, Rest } from "@agora/sdk";
import { createContext } from "svelte";
import { withNews } from "./with-news";

export const [getServerView, setServerView] = createContext<ServerView>();

interface Loaded {
  server: ServerDetail;
  members: Member[];
}

/** A server as its pages show it: what they were loaded with, and what happened since. */
export class ServerView {
  readonly #fromPage: () => Loaded;
  /** What was asked for again since the page was loaded; worth nothing once the page is loaded anew. */
  #again: { since: ServerDetail; loaded: Loaded } | undefined = $state.raw();
  #joined: readonly Member[] = $state.raw([]);
  #added: readonly Channel[] = $state.raw([]);

  readonly #loaded = $derived.by(() => (this.#again?.since === this.#fromPage().server ? this.#again.loaded : this.#fromPage()));
  readonly id = $derived.by(() => this.#loaded.server.id);
  readonly name = $derived.by(() => this.#loaded.server.name);
  readonly canInvite = $derived.by(() => this.#loaded.server.me.permissions.includes("create_invites"));
  readonly channels = $derived.by(() => withNews(this.#loaded.server.channels, this.#added, this.id, (channel) => channel.id));
  readonly members = $derived.by(() => withNews(this.#loaded.members, this.#joined, this.id, (member) => member.user_id));
  readonly memberCount = $derived.by(() => this.#loaded.server.member_count + (this.members.length - this.#loaded.members.length));

  constructor(loaded: () => Loaded) {
    this.#fromPage = loaded;
  }

  /** Listens to what changes in the server, and asks for all of it again when something may have been missed. Returns how to stop. */
  follow(realtime: Realtime, rest: Pick<Rest, "getServer" | "listMembers">, serverId: string): () => void {
    realtime.connect();
    const subscription = realtime.listen(`server:${serverId}`, {
      onevent: (event) => {
        if (event.type === "member_joined") this.#joined = [...this.#joined, event.member];
        if (event.type === "channel_created") this.#added = [...this.#added, event.channel];
      },
      onresumed: () => void this.#askAgain(rest, serverId),
    });
    return () => subscription.close();
  }

  /** Not by loading the page again: a network that breaks once more would leave an error page where people are writing. */
  async #askAgain(rest: Pick<Rest, "getServer" | "listMembers">, server_id: string): Promise<void> {
    const since = this.#fromPage().server;
    try {
      const [server, { members }] = await Promise.all([
        rest.getServer({ server_id }),
        rest.listMembers({ server_id, limit: limits.pageMax }),
      ]);
      this.#again = { since, loaded: { server, members } };
    } catch (error) {
      if (!(error instanceof AgoraError)) throw error; // what is shown stays, and the next time the connection is back asks again
    }
  }
}
