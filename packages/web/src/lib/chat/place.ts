/** Where a reader is in a list of messages: at its end, or with a certain row so far below the upper edge. */
export type Place = { seq: number; offset: number } | "end";

/** So close to the end counts as at the end: people do not scroll to the pixel. */
const END_WITHIN_PX = 48;
/** A message that is taller than the screen is read from its first lines on. */
const READABLE_PX = 96;

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
    const rows = this.#list.querySelectorAll<HTMLElement>("[data-seq]");
    // By now it may be one of several that were deleted, which are one row: its id has the number of the first, its data that of the last.
    const row = rows[countWhile(rows, ({ dataset }) => Number(dataset["seq"]) < place.seq)];
    if (!row || Number(row.id.slice("m-".length)) > place.seq) return false;
    const offset = row.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top;
    if (Math.abs(offset - place.offset) >= 0.5) this.#scroller.scrollTop += offset - place.offset;
    return true;
  }

  /** The seq of the last row that is on the screen or above it; 0 if there is none. A row counts when half of it, or enough to read, is in. */
  get lastSeqShown(): number {
    const edge = this.#scroller.getBoundingClientRect().bottom;
    const rows = this.#list.querySelectorAll<HTMLElement>("[data-seq]");
    const count = countWhile(rows, (row) => {
      const { top, height } = row.getBoundingClientRect();
      return top + Math.min(height / 2, READABLE_PX) <= edge;
    });
    return Number(rows[count - 1]?.dataset["seq"] ?? 0);
  }

  /** Where an element is, seen from the screen. */
  sideOf(element: HTMLElement): "above" | "here" | "below" {
    const { top, bottom } = this.#scroller.getBoundingClientRect();
    const rect = element.getBoundingClientRect();
    if (rect.bottom < top) return "above";
    return rect.top > bottom ? "below" : "here";
  }

  #firstRowBelow(edge: number): HTMLElement | undefined {
    const rows = this.#list.querySelectorAll<HTMLElement>("[data-seq]");
    return rows[countWhile(rows, (row) => row.getBoundingClientRect().bottom <= edge)];
  }
}

/** How many rows from the first on are so. Rows lie below one another, so halving finds it in a few looks. */
function countWhile(rows: NodeListOf<HTMLElement>, isSo: (row: HTMLElement) => boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    if (row && isSo(row)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** By server, so that nothing of one stays when it is left. */
const keyOf = (serverId: string, channelId = "") => `agora:place:${serverId}/${channelId}`;

/** For a reload, and for coming back from another channel. In this tab alone. */
export function savePlace(serverId: string, channelId: string, place: Place): void {
  try {
    sessionStorage.setItem(keyOf(serverId, channelId), JSON.stringify(place));
  } catch {
    // Storage is full or switched off: the place is then not kept.
  }
}

export function savedPlace(serverId: string, channelId: string): Place {
  try {
    const place = JSON.parse(sessionStorage.getItem(keyOf(serverId, channelId)) ?? '"end"') as Place;
    return place !== "end" && Number.isSafeInteger(place.seq) && Number.isFinite(place.offset) ? place : "end";
  } catch {
    return "end";
  }
}

export function forgetPlaces(serverId: string): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(keyOf(serverId))) sessionStorage.removeItem(key);
  } catch {
    // Switched off: nothing was kept.
  }
}
