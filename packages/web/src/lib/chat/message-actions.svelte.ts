import { AgoraError } from "@agora/sdk";
import type { Rest } from "@agora/sdk";
import type { StoredRow, Timeline } from "./timeline.svelte";

export interface MessageActionsOptions {
  rest: Pick<Rest, "deleteMessage" | "reportMessage">;
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
  readonly #options: MessageActionsOptions;

  constructor(options: MessageActionsOptions) {
    const { row, meId, canModerate } = options;
    this.#options = options;
    this.isOwn = row.author.id === meId;
    this.canDelete = this.isOwn || canModerate;
  }

  get name(): string {
    const { display_name, username } = this.#options.row.author;
    return display_name ?? username;
  }

  /** Where the message is, for others who see the channel. */
  get href(): string {
    const { timeline, row } = this.#options;
    return `/channels/${timeline.serverId}/${timeline.channelId}?after=${row.seq - 1}#m-${row.seq}`;
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
      await this.#options.rest.deleteMessage(this.#path);
      this.#showDeleted();
      this.end();
    });
    if (this.problem) this.asks = "delete"; // which shows why, and a way to try again
  }

  async report(reason: string): Promise<void> {
    await this.#try(async () => {
      await this.#options.rest.reportMessage({ ...this.#path, reason });
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
    timeline.revise([{ ...rest, content: null, deleted_at: Date.now(), mentions: [], revision: revision + 1 }]);
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

  get #path() {
    const { timeline, row } = this.#options;
    return { server_id: timeline.serverId, channel_id: timeline.channelId, seq: String(row.seq) };
  }
}
