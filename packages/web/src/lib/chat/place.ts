/** Where a reader is in a list of messages: at its end, or with a certain row so far below the upper edge. */
export type Place = { seq: number; offset: number } | "end";

/** So close to the end counts as at the end: people do not scroll to the pixel. */
const END_WITHIN_PX = 48;

/**
 * Reads and restores the place in a scroller that is laid out from its end (`flex-direction: column-reverse`): without a script it opens at
 * the newest message, and what is put in above never moves what is seen. Rows carry `data-seq`.
 */
export class PlaceKeeper {
  readonly #scroller: HTMLElement;
  readonly #list: HTMLElement;

  constructor(scroller: HTMLElement, list: HTMLElement) {
    this.#scroller = scroller;
    this.#list = list;
  }

  /** In such a scroller 0 is the end, and further up is negative. */
  get isAtEnd(): boolean {
    return this.#scroller.scrollTop > -END_WITHIN_PX;
  }

  get screensFromEnd(): number {
    return -this.#scroller.scrollTop / Math.max(1, this.#scroller.clientHeight);
  }

  read(): Place {
    if (this.isAtEnd) return "end";
    const edge = this.#scroller.getBoundingClientRect().top;
    const row = this.#firstRowBelow(edge);
    return row ? { seq: Number(row.dataset["seq"]), offset: row.getBoundingClientRect().top - edge } : "end";
  }

  /** False if the row of the place is not there. */
  restore(place: Place): boolean {
    if (place === "end") {
      this.#scroller.scrollTop = 0;
      return true;
    }
    const row = this.#list.querySelector(`[data-seq="${place.seq}"]`);
    if (!row) return false;
    const offset = row.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top;
    if (Math.abs(offset - place.offset) >= 0.5) this.#scroller.scrollTop += offset - place.offset;
    return true;
  }

  /** Rows lie below one another, so halving finds the one in a few looks. */
  #firstRowBelow(edge: number): HTMLElement | undefined {
    const rows = this.#list.querySelectorAll<HTMLElement>("[data-seq]");
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((rows[middle]?.getBoundingClientRect().bottom ?? Infinity) > edge) high = middle;
      else low = middle + 1;
    }
    return rows[low];
  }
}

const keyOf = (channelId: string) => `agora:place:${channelId}`;

/** For a reload, and for coming back from another channel. In this tab alone. */
export function savePlace(channelId: string, place: Place): void {
  try {
    sessionStorage.setItem(keyOf(channelId), JSON.stringify(place));
  } catch {
    // Storage is full or switched off: the place is then not kept.
  }
}

export function savedPlace(channelId: string): Place {
  try {
    const place = JSON.parse(sessionStorage.getItem(keyOf(channelId)) ?? '"end"') as Place;
    return place !== "end" && Number.isSafeInteger(place.seq) && Number.isFinite(place.offset) ? place : "end";
  } catch {
    return "end";
  }
}
