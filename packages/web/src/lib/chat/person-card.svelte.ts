import type { Profile } from "@agora/core/protocol/account";
import { AgoraError } from "@agora/sdk";
import type { Rest } from "@agora/sdk";

type Api = Pick<Rest, "getUser" | "listBlocks" | "block" | "unblock" | "createConversation">;

/** More than that nobody has blocked; beyond it a block is shown as none, and blocking again does no harm. */
const BLOCKS_LOOKED_AT = 100;

/** What a card says of a person, and what one can do with them. */
export class PersonCard {
  profile: Profile | undefined = $state.raw();
  /** Undefined: it is not known. */
  isBlocked: boolean | undefined = $state();
  isBusy = $state(false);
  /** Why something did not work. */
  problem: string | null = $state(null);
  /** What was done, to be read out. */
  done = $state("");

  readonly #api: Api;
  readonly #userId: string;

  constructor(api: Api, userId: string) {
    this.#api = api;
    this.#userId = userId;
  }

  /** @param withBlock also whether the one who looks has blocked them. */
  async load({ withBlock }: { withBlock: boolean }): Promise<void> {
    await this.#tell(async () => {
      const [profile, blocks] = await Promise.all([
        this.#api.getUser({ user_id: this.#userId }),
        withBlock ? this.#api.listBlocks({ limit: BLOCKS_LOOKED_AT }) : undefined,
      ]);
      this.profile = profile;
      this.isBlocked = blocks?.users.some(({ id }) => id === this.#userId);
    });
  }

  async toggleBlock(): Promise<void> {
    const wasBlocked = this.isBlocked === true;
    await this.#tell(async () => {
      await (wasBlocked ? this.#api.unblock({ user_id: this.#userId }) : this.#api.block({ user_id: this.#userId }));
      this.isBlocked = !wasBlocked;
      this.done = wasBlocked ? "Not blocked any more." : "Blocked: you do not get messages from them.";
    });
  }

  /** The id of the direct conversation with them; undefined if it may not be. */
  async converse(): Promise<string | undefined> {
    let id: string | undefined;
    await this.#tell(async () => {
      ({ id } = await this.#api.createConversation({ user_ids: [this.#userId] }));
    });
    return id;
  }

  async #tell(work: () => Promise<void>): Promise<void> {
    this.isBusy = true;
    this.problem = null;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof AgoraError)) throw error;
      this.problem = error.code === "account.not_found" ? "This account does not exist any more." : error.message;
    } finally {
      this.isBusy = false;
    }
  }
}
