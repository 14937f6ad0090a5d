import type { CreateInviteBody } from "@agora/core/protocol/invite";
import { AgoraError } from "@agora/sdk";
import type { Rest } from "@agora/sdk";

/** Makes invites, one at a time. */
export class InviteMaker {
  link: string | null = $state(null);
  problem: string | null = $state(null);
  #isBusy = false;
  readonly #rest: Pick<Rest, "createInvite">;

  constructor(rest: Pick<Rest, "createInvite">) {
    this.#rest = rest;
  }

  async make(serverId: string, bounds: CreateInviteBody): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.problem = null;
    try {
      const { code } = await this.#rest.createInvite({ server_id: serverId, ...bounds });
      this.link = `${location.origin}/invite/${code}`;
    } catch (error) {
      if (!(error instanceof AgoraError)) throw error;
      this.problem = error.message;
    } finally {
      this.#isBusy = false;
    }
  }
}
