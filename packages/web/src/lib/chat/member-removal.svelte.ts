import type { Member } from "@agora/core/protocol/member";
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

  /** Nobody is asked about any more. */
  close(): void {
    this.member = null;
  }

  async confirm(): Promise<void> {
    if (!this.member || this.isBusy) return;
    this.isBusy = true;
    this.problem = null;
    try {
      await this.#remove(this.member.user_id);
      this.close();
    } catch (error) {
      if (!(error instanceof AgoraError)) throw error;
      if (error.code === "member.not_found")
        this.close(); // somebody else was faster
      else this.problem = error.message;
    } finally {
      this.isBusy = false;
    }
  }
}
