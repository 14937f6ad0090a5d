import type { User } from "@agora/core/protocol/account";
import { limits } from "@agora/core/protocol/limits";
import { AgoraError } from "@agora/sdk";
import type { Rest } from "@agora/sdk";

/** How long somebody stops typing before it is looked for. */
const PAUSE_MS = 200;
const SHOWN_MAX = 20;

/** Looks for people by how their username begins. */
export class PeopleSearch {
  /** Null: nobody is looked for, or the answer has not come yet. */
  found: readonly User[] | null = $state.raw(null);
  problem: string | null = $state(null);
  readonly #rest: Pick<Rest, "searchUsers">;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What was typed last: an older answer is of no interest. */
  #wanted = "";

  constructor(rest: Pick<Rest, "searchUsers">) {
    this.#rest = rest;
  }

  lookFor(typed: string): void {
    this.#wanted = typed.trim().replace(/^@/, "");
    clearTimeout(this.#timer);
    this.problem = null;
    if (this.#wanted.length < limits.userSearchMin) this.found = null;
    else this.#timer = setTimeout(() => void this.#ask(this.#wanted), PAUSE_MS);
  }

  async #ask(q: string): Promise<void> {
    try {
      const { users } = await this.#rest.searchUsers({ q, limit: SHOWN_MAX });
      if (q === this.#wanted) this.found = users;
    } catch (error) {
      if (!(error instanceof AgoraError)) throw error;
      if (q === this.#wanted) this.problem = error.message;
    }
  }
}
