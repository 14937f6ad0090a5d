import type { Span } from "./stretch";

/** Where a reader is in a list of messages: at the end of all, or with a certain row so far below the upper edge. */
export type Place = { seq: number; offset: number } | "end";

/** What a reader sees. */
interface Look {
  place: Place;
  /** What is on the screen; null: nothing that is stored. */
  span: Span | null;
  /** The seq of the last row that is on the screen or above it; 0 if there is none. */
  lastShown: number;
}

/** So close to the end counts as at the end: people do not scroll to the pixel. */
const END_WITHIN_PX = 48;
/** A message that is taller than the screen is read from its first lines on. */
const READABLE_PX = 96;

/**
 * Reads and restores the place in a scroller that is laid out from its end (`flex-direction: column-reverse`): without a script it opens at
 * the newest message, and what is put in or taken out above never moves what is seen; for what is below, the place is read before and restored
 * after. Rows carry `data-seq`.
 */
export class PlaceKeeper {
  readonly #scroller: HTMLElement;
  readonly #list: HTMLElement;

  constructor(scroller: HTMLElement, list: HTMLElement) {
    this.#scroller = scroller;
    this.#list = list;
  }

  /** At the end of the list. In such a scroller 0 is there, and further up is negative. */
  get isAtEnd(): boolean {
    return this.#scroller.scrollTop > -END_WITHIN_PX;
  }

  get screensFromEnd(): number {
    return -this.#scroller.scrollTop / Math.max(1, this.#scroller.clientHeight);
  }

  /**
   * What the reader sees now, in one look: it is taken at every scroll.
   * @param reachesEnd is the end of the list that of all? Else whoever is there is on their way.
   */
  look(reachesEnd: boolean): Look {
    const { top, bottom } = this.#scroller.getBoundingClientRect();
    const rows = this.#rows;
    const firstIndex = countWhile(rows, (row) => row.getBoundingClientRect().bottom <= top);
    const shown = countWhile(rows, (row) => isReadable(row, bottom), firstIndex);
    const first = rows[firstIndex];
    const lastShown = Number(rows[shown - 1]?.dataset["seq"] ?? 0);
    if (!first) return { place: "end", span: null, lastShown };
    const isAtEnd = reachesEnd && this.isAtEnd;
    return {
      place: isAtEnd ? "end" : { seq: Number(first.dataset["seq"]), offset: first.getBoundingClientRect().top - top },
      span: { first: firstSeqIn(first), last: Math.max(lastShown, firstSeqIn(first)) },
      lastShown,
    };
  }

  /**
   * Notes what is on the screen. Returns how to bring it back there when the list has changed. The lower edge of its first row counts: a row
   * gets a head, or loses it, with what stands above.
   */
  hold(reachesEnd: boolean): () => void {
    if (reachesEnd && this.isAtEnd) return () => void this.restore("end");
    const bottomOf = (row: HTMLElement) => row.getBoundingClientRect().bottom - this.#scroller.getBoundingClientRect().top;
    const row = this.#firstRowBelow(this.#scroller.getBoundingClientRect().top);
    if (!row) return () => undefined;
    const seq = Number(row.dataset["seq"]);
    const bottom = bottomOf(row);
    return () => {
      const now = this.rowOf(seq);
      if (now) this.#scrollBy(bottomOf(now) - bottom);
    };
  }

  /** The row of a message. By now it may be one of several that were deleted, which are one row: its id has the number of the first, its data that of the last. */
  rowOf(seq: number): HTMLElement | undefined {
    const rows = this.#rows;
    const row = rows[countWhile(rows, ({ dataset }) => Number(dataset["seq"]) < seq)];
    return row && firstSeqIn(row) <= seq ? row : undefined;
  }

  /** False if the row of the place is not there. */
  restore(place: Place): boolean {
    if (place === "end") {
      this.#scroller.scrollTop = 0;
      return true;
    }
    const row = this.rowOf(place.seq);
    if (!row) return false;
    const offset = row.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top;
    this.#scrollBy(offset - place.offset);
    return true;
  }

  /** Where an element is, seen from the screen. */
  sideOf(element: HTMLElement): "above" | "here" | "below" {
    const { top, bottom } = this.#scroller.getBoundingClientRect();
    const rect = element.getBoundingClientRect();
    if (rect.bottom < top) return "above";
    return rect.top > bottom ? "below" : "here";
  }

  #scrollBy(distance: number): void {
    if (Math.abs(distance) >= 0.5) this.#scroller.scrollTop += distance;
  }

  get #rows(): NodeListOf<HTMLElement> {
    return this.#list.querySelectorAll<HTMLElement>("[data-seq]");
  }

  #firstRowBelow(edge: number): HTMLElement | undefined {
    const rows = this.#rows;
    return rows[countWhile(rows, (row) => row.getBoundingClientRect().bottom <= edge)];
  }
}

/** Half of it is in, or enough to read. */
function isReadable(row: HTMLElement, edge: number): boolean {
  const { top, height } = row.getBoundingClientRect();
  return top + Math.min(height / 2, READABLE_PX) <= edge;
}

const firstSeqIn = (row: HTMLElement) => Number(row.id.slice("m-".length));

/** How many rows from the first on are so, of which some are known to be. Rows lie below one another, so halving finds it in a few looks. */
function countWhile(rows: NodeListOf<HTMLElement>, isSo: (row: HTMLElement) => boolean, known = 0): number {
  let low = known;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    if (row && isSo(row)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The message that the end of an address names, as in `#m-12`. */
export function seqIn(hash: string): number | undefined {
  const digits = /^#m-([1-9]\d{0,14})$/.exec(hash)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** By the path of the page, so that nothing of a server stays when it is left. */
const keyOf = (path: string) => `agora:place:${path}`;

/** For a reload, and for coming back from another page. In this tab alone. */
export function savePlace(path: string, place: Place): void {
  try {
    sessionStorage.setItem(keyOf(path), JSON.stringify(place));
  } catch {
    // Storage is full or switched off: the place is then not kept.
  }
}

export function savedPlace(path: string): Place {
  try {
    const place = JSON.parse(sessionStorage.getItem(keyOf(path)) ?? '"end"') as Place;
    return place !== "end" && Number.isSafeInteger(place.seq) && Number.isFinite(place.offset) ? place : "end";
  } catch {
    return "end";
  }
}

/** Of all pages whose path begins so. */
export function forgetPlaces(path: string): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(keyOf(path))) sessionStorage.removeItem(key);
  } catch {
    // Switched off: nothing was kept.
  }
}

/** The message of the place at `href` that a click on a link is to lead to; undefined: it is to lead elsewhere, or into another window. */
export function seqOfOwnLink(event: MouseEvent, href: string): number | undefined {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const isHere = link?.origin === location.origin && link.pathname === href && link.search.startsWith("?around=");
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  return isHere && isPlain ? seqIn(link.hash) : undefined;
}
