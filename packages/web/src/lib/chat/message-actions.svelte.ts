import { AgoraError } from "@agora/sdk";
import type { Timeline } from "./timeline.svelte";
import type { StoredRow } from "./timeline-rows";

export interface MessageActionsOptions {
  timeline: Timeline;
  row: StoredRow;
  meId: string;
  canModerate: boolean;
  /** It is done, or given up. */
  onend: () => void;
}

/** What somebody does with one message, from the menu on. */
export class MessageActions {
  /** What is asked once more, in a dialog. */
  asks: "delete" | "report" | null = $state(null);
  problem: string | null = $state(null);
  isBusy = $state(false);
  isReported = $state(false);
  readonly isOwn: boolean;
  readonly canDelete: boolean;
  readonly canReport: boolean;
  readonly #options: MessageActionsOptions;

  constructor(options: MessageActionsOptions) {
    const { timeline, row, meId, canModerate } = options;
    this.#options = options;
    this.isOwn = row.author.id === meId;
    this.canDelete = this.isOwn || canModerate;
    this.canReport = !this.isOwn && timeline.place.report !== undefined;
  }

  get name(): string {
    const { display_name, username } = this.#options.row.author;
    return display_name ?? username;
  }

  /** Where the message is, for others who see the place. */
  get href(): string {
    const { timeline, row } = this.#options;
    return `${timeline.place.href}?around=${row.seq}#m-${row.seq}`;
  }

  /** An own message goes at once; what somebody else said, after a second thought. */
  async chooseDelete(): Promise<void> {
    if (this.isOwn) await this.remove();
    else this.asks = "delete";
  }

  chooseReport(): void {
    this.asks = "report";
  }

  async remove(): Promise<void> {
    await this.#try(async () => {
      await this.#options.timeline.place.remove(this.#options.row.seq);
      this.#showDeleted();
      this.end();
    });
    if (this.problem) this.asks = "delete"; // which shows why, and a way to try again
  }

  async report(reason: string): Promise<void> {
    await this.#try(async () => {
      await this.#options.timeline.place.report?.(this.#options.row.seq, reason);
      this.isReported = true;
    });
  }

  end(): void {
    this.#options.onend();
  }

  /** What the server says of it comes later, or not at all to who looks at a stretch from further back. */
  #showDeleted(): void {
    const { timeline, row } = this.#options;
    const message = timeline.find(row.seq);
    if (!message) return;
    const { revision, mentioned_role_ids: _, ...rest } = message;
    const emptied = { content: null, mentions: [], reactions: [], reply_to: null, pinned: false };
    timeline.revise([{ ...rest, ...emptied, deleted_at: Date.now(), revision: revision + 1 }]);
  }

  async #try(act: () => Promise<void>): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    this.problem = null;
    try {
      await act();
    } catch (error) {
      if (!(error instanceof AgoraError)) throw error;
      this.problem = error.message;
    } finally {
      this.isBusy = false;
    }
  }
}
