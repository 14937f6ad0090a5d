import type { Realtime, Subscription } from "@agora/sdk";

/** Of how many servers what happens is followed live; the others are as they were when the page was loaded. */
const FOLLOWED_MAX = 50;

/** Listens to servers, each once, however often it is said which ones. */
export class FollowedServers {
  readonly #realtime: Realtime;
  readonly #onrefused: (serverId: string) => void;
  readonly #subscriptions = new Map<string, Subscription>();

  /** @param onrefused the server is not there, or not for this account. */
  constructor(realtime: Realtime, onrefused: (serverId: string) => void) {
    this.#realtime = realtime;
    this.#onrefused = onrefused;
  }

  /** Listens to these, and to no others. */
  follow(serverIds: readonly string[]): void {
    const wanted = new Set(serverIds.slice(0, FOLLOWED_MAX));
    for (const id of this.#subscriptions.keys()) if (!wanted.has(id)) this.unfollow(id);
    for (const id of wanted) if (!this.#subscriptions.has(id)) this.#listen(id);
    if (wanted.size > 0) this.#realtime.connect();
  }

  unfollow(serverId: string): void {
    this.#subscriptions.get(serverId)?.close();
    this.#subscriptions.delete(serverId);
  }

  #listen(serverId: string): void {
    const subscription = this.#realtime.listen(`server:${serverId}`, {
      onerror: ({ code }) => {
        this.#subscriptions.delete(serverId);
        if (code === "server.not_found") this.#onrefused(serverId);
      },
    });
    this.#subscriptions.set(serverId, subscription);
  }
}
