import type { Member } from "@agora/core/protocol/member";
import { AgoraError } from "@agora/sdk";
import type { Rest } from "@agora/sdk";

/** How long somebody stops typing before it is looked for. */
const PAUSE_MS = 200;
const SHOWN_MAX = 50;

/** Looks for members of a server by what they are called, also for those who are not in the list that was loaded. */
export class MemberSearch {
  /** Null: nobody is looked for, or the answer has not come yet. */
  found: readonly Member[] | null = $state.raw(null);
  problem: string | null = $state(null);
  readonly #rest: Pick<Rest, "listMembers">;
  readonly #serverId: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What was typed last: an older answer is of no interest. */
  #wanted = "";

  constructor(rest: Pick<Rest, "listMembers">, serverId: string) {
    this.#rest = rest;
    this.#serverId = serverId;
  }

  lookFor(typed: string): void {
    this.#wanted = typed.trim();
    clearTimeout(this.#timer);
    if (this.#wanted !== "") this.#timer = setTimeout(() => void this.#ask(this.#wanted), PAUSE_MS);
    else {
      this.found = null;
      this.problem = null;
    }
  }

  /** Through the pages of the search, which may be short, until there is enough to show. */
  async #ask(q: string): Promise<void> {
    const found: Member[] = [];
    try {
      let cursor: string | null | undefined;
      do {
        const page = await this.#rest.listMembers({ server_id: this.#serverId, q, limit: SHOWN_MAX, ...(cursor ? { cursor } : {}) });
        if (q !== this.#wanted) return;
        found.push(...page.members);
        cursor = page.next_cursor;
      } while (cursor && found.length < SHOWN_MAX);
      this.found = found.slice(0, SHOWN_MAX);
      this.problem = null;
    } catch (error) {
      if (!(error instanceof AgoraError)) throw error;
      if (q === this.#wanted) this.problem = error.message;
    }
  }
}
