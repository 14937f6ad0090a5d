import { AgoraError } from "@agora/sdk";
import type { Timeline } from "./timeline.svelte";
import type { StoredRow } from "./timeline-rows";

/** Reactions that are one click away. */
export const QUICK_REACTIONS = ["👍", "❤️", "😂", "🎉"] as const;

export interface RowActionsOptions {
  timeline: Timeline;
  meId: string;
  /** They may write here: answer, react and change their own messages. */
  mayWrite: () => boolean;
  mayPin: () => boolean;
  /** What the other one is called, where there are only two; undefined: there are more. */
  other: () => string | undefined;
  /** Where one writes gets the focus. */
  onwrite: () => void;
  onmenu: (row: StoredRow, button: HTMLElement) => void;
  /** They look for another reaction. */
  onpick: (row: StoredRow, button: HTMLElement) => void;
}

/** What somebody does with a message from where it stands. */
export class RowActions {
  /** Why something could not be done. */
  problem: string | null = $state(null);
  readonly #options: RowActionsOptions;

  constructor(options: RowActionsOptions) {
    this.#options = options;
  }

  get mayWrite(): boolean {
    return this.#options.mayWrite();
  }

  get mayPin(): boolean {
    return this.#options.mayPin();
  }

  get other(): string | undefined {
    return this.#options.other();
  }

  mayEdit(row: StoredRow): boolean {
    return this.mayWrite && row.author.id === this.#options.meId;
  }

  menu(row: StoredRow, button: HTMLElement): void {
    this.#options.onmenu(row, button);
  }

  pick(row: StoredRow, button: HTMLElement): void {
    this.#options.onpick(row, button);
  }

  reply(row: StoredRow): void {
    this.#options.timeline.editing = null;
    this.#options.timeline.answering = row;
    this.#options.onwrite();
  }

  edit(row: StoredRow): void {
    this.#options.timeline.editing = row.seq;
  }

  /** The own message that was said last, if it is in sight. */
  editLast(): void {
    const { timeline } = this.#options;
    if (!timeline.log.hasNewer && timeline.lastOwn) timeline.editing = timeline.lastOwn.seq;
  }

  /** Adds the reaction if it is not the reader's own yet; else takes it back. */
  toggle({ seq, reactions = [] }: StoredRow, emoji: string): void {
    const isOwn = reactions.some((reaction) => reaction.emoji === emoji && reaction.me);
    this.#try(this.#options.timeline.react(seq, emoji, !isOwn));
  }

  /** Pins it, or takes it off the pins. */
  togglePin({ seq, pinned = false }: StoredRow): void {
    this.#try(this.#options.timeline.place.pin(seq, !pinned));
  }

  #try(doing: Promise<void>): void {
    this.problem = null;
    doing.catch((error: unknown) => {
      if (!(error instanceof AgoraError)) throw error;
      this.problem = error.message;
    });
  }
}
