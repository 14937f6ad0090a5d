import type { Member } from "@agora/core/protocol/server";
import { AgoraError } from "@agora/sdk";
import { memberName } from "./server-view.svelte";

/** Removing somebody from a server, after a second thought. */
export class MemberRemoval {
  member: Member | null = $state.raw(null);
  problem: string | null = $state(null);
  isBusy = $state(false);
  readonly #remove: (userId: string) => Promise<void>;

  constructor(remove: (userId: string) => Promise<void>) {
    this.#remove = remove;
  }

  get name(): string {
    return this.member ? memberName(this.member) : "";
  }

  ask(member: Member): void {
    this.member = member;
    this.problem = null;
  }

  /** Resolves with whether they are gone. */
  async confirm(): Promise<boolean> {
    if (!this.member || this.isBusy) return false;
    this.isBusy = true;
    this.problem = null;
    try {
      await this.#remove(this.member.user_id);
      return true;
    } catch (error) {
      if (!(error instanceof AgoraError)) throw error;
      if (error.code === "member.not_found") return true; // somebody else was faster
      this.problem = error.message;
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
