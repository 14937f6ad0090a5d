import type { ConversationState, UpdateConversationBody } from "@agora/core/protocol/conversation";
import { AgoraError } from "@agora/sdk";
import type { Rest } from "@agora/sdk";
import type { ConversationList } from "./conversation-list.svelte";

interface ConversationActionsOptions {
  rest: Pick<Rest, "updateConversation" | "leaveConversation" | "block" | "unblock">;
  list: ConversationList;
  /** As it is now. */
  conversation: () => ConversationState;
}

/** What somebody does with a conversation. Each answers whether it is done. */
export class ConversationActions {
  problem: string | null = $state(null);
  isBusy = $state(false);
  /** What was done last, for those who listen to the page. */
  done = $state("");
  readonly #options: ConversationActionsOptions;

  constructor(options: ConversationActionsOptions) {
    this.#options = options;
  }

  rename(name: string): Promise<boolean> {
    return this.#change({ name }, "The group was renamed.");
  }

  add(add_user_ids: string[]): Promise<boolean> {
    return this.#change({ add_user_ids }, "They are in the group now.");
  }

  putOut(userId: string): Promise<boolean> {
    return this.#change({ remove_user_ids: [userId] }, "They are not in the group any more.");
  }

  setBlocked(user_id: string, blocked: boolean): Promise<boolean> {
    const { rest, list, conversation } = this.#options;
    return this.#try(
      async () => {
        await (blocked ? rest.block({ user_id }) : rest.unblock({ user_id }));
        list.add({ ...conversation(), blocked });
      },
      blocked ? "Blocked." : "Unblocked.",
    );
  }

  leave(): Promise<boolean> {
    const { rest, list, conversation } = this.#options;
    const { id: dm_id } = conversation();
    return this.#try(async () => {
      await rest.leaveConversation({ dm_id });
      list.remove(dm_id);
    }, "");
  }

  #change(body: UpdateConversationBody, done: string): Promise<boolean> {
    const { rest, list, conversation } = this.#options;
    return this.#try(async () => list.add(await rest.updateConversation({ dm_id: conversation().id, ...body })), done);
  }

  async #try(act: () => Promise<void>, done: string): Promise<boolean> {
    if (this.isBusy) return false;
    this.isBusy = true;
    this.problem = null;
    this.done = "";
    try {
      await act();
      this.done = done;
      return true;
    } catch (error) {
      if (!(error instanceof AgoraError)) throw error;
      this.problem = error.message;
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
