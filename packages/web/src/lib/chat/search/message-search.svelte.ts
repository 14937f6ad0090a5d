import type { Message, SearchPage } from "@agora/core/protocol/message";
import { AgoraError } from "@agora/sdk";
import type { CallOptions, Rest } from "@agora/sdk";

/** Where is searched. */
export interface Scope {
  path: { server_id: string; channel_id: string } | { dm_id: string };
  /** Its page. */
  href: string;
  /** As in "#general". */
  name: string;
}

/** What is looked for: all of it. Moments in milliseconds. */
export interface Wanted {
  q?: string | undefined;
  author?: string | undefined;
  has?: "file" | "link" | undefined;
  before?: number | undefined;
  after?: number | undefined;
}

export interface Hit {
  message: Message;
  scope: Scope;
  href: string;
}

type SearchingRest = Pick<Rest, "searchMessages" | "searchMessagesInDm">;

/** So many are found before the reader is asked whether to go on. */
export const HITS_AT_ONCE = 25;

/**
 * A search through messages, in one place or in several, one after the other, each from its end back: page by page, until so many are found that
 * they fill a screen, all is searched, or the reader stops it. It goes on where it stopped.
 */
export class MessageSearch {
  hits: readonly Hit[] = $state.raw([]);
  /** `paused`: there is more to be searched. */
  state: "idle" | "searching" | "paused" | "done" = $state("idle");
  /** Where is searched now, and how far back it got. */
  scope: Scope | undefined = $state.raw();
  searchedTo: number | null = $state(null);
  problem: string | null = $state(null);

  readonly #rest: SearchingRest;
  #wanted: Wanted = {};
  /** What is left, the one that is being searched first. */
  #left: readonly Scope[] = [];
  #isOneOfSeveral = false;
  #cursor: string | undefined;
  #running: AbortController | undefined;

  constructor(rest: SearchingRest) {
    this.#rest = rest;
  }

  /** Begins anew. */
  start(wanted: Wanted, scopes: readonly Scope[]): Promise<void> {
    this.stop();
    this.#wanted = wanted;
    this.#left = scopes;
    this.#isOneOfSeveral = scopes.length > 1;
    this.#cursor = undefined;
    this.hits = [];
    this.searchedTo = null;
    return this.goOn();
  }

  /** Searches on, until as many more are found. */
  async goOn(): Promise<void> {
    this.stop();
    const running = new AbortController();
    this.#running = running;
    this.problem = null;
    this.state = "searching";
    const enough = this.hits.length + HITS_AT_ONCE;
    try {
      while (this.#left.length > 0 && this.hits.length < enough && !running.signal.aborted) await this.#step(enough, running.signal);
      if (!running.signal.aborted) this.state = this.#left.length > 0 ? "paused" : "done";
    } catch (error) {
      if (!(error instanceof AgoraError)) throw error;
      if (running.signal.aborted) return;
      this.state = "paused";
      this.problem = error.message;
    }
  }

  stop(): void {
    this.#running?.abort();
    if (this.state === "searching") this.state = "paused";
  }

  async #step(enough: number, signal: AbortSignal): Promise<void> {
    const [scope, ...others] = this.#left;
    if (!scope) return;
    this.scope = scope;
    const page = await this.#page(scope, enough - this.hits.length, { signal });
    if (signal.aborted) return;
    if (page) {
      const hits = page.messages.map((message) => ({ message, scope, href: `${scope.href}?around=${message.seq}#m-${message.seq}` }));
      this.hits = [...this.hits, ...hits];
      this.searchedTo = page.searched_to;
    }
    this.#cursor = page?.next_cursor ?? undefined;
    if (this.#cursor === undefined) this.#left = others;
  }

  /** Undefined: the place is gone, or not open to this person any more. */
  async #page({ path }: Scope, limit: number, options: CallOptions): Promise<SearchPage | undefined> {
    const query = { ...this.#wanted, limit, cursor: this.#cursor };
    try {
      if ("dm_id" in path) return await this.#rest.searchMessagesInDm({ dm_id: path.dm_id, ...query }, options);
      const { server_id, channel_id } = path;
      return await this.#rest.searchMessages({ server_id, channel_id, ...query }, options);
    } catch (error) {
      if (this.#isOneOfSeveral && error instanceof AgoraError && error.code.endsWith(".not_found")) return undefined;
      throw error;
    }
  }
}
