import type RowTools from "./ui/RowTools.svelte";

/** Which message somebody points at, or works at with the keyboard: it shows its tools, which are loaded then. */
export class RowPointer {
  /** Its seq. */
  seq: number | null = $state(null);
  Tools: typeof RowTools | undefined = $state.raw();

  /** Not in the markup: the list is no control, whatever the pointer does over it. @returns ends it. */
  follow(list: HTMLElement): () => void {
    const stop = navigator.maxTouchPoints > 0 ? this.#followFinger(list) : () => undefined;
    if (!matchMedia("(hover: hover)").matches) return stop; // the menu has it all
    const ends = new AbortController();
    const { signal } = ends;
    const pointed = (event: Event) => void this.#point(event);
    list.addEventListener("pointerover", pointed, { signal });
    list.addEventListener("focusin", pointed, { signal });
    list.addEventListener("pointerleave", () => !list.contains(document.activeElement) && (this.seq = null), { signal });
    return () => {
      ends.abort();
      stop();
    };
  }

  /** A finger that rests on a message opens its menu. */
  #followFinger(list: HTMLElement): () => void {
    let isEnded = false;
    let stop = () => undefined as void;
    void import("./long-press").then(({ followLongPress }) => {
      if (!isEnded) stop = followLongPress(list, (row) => row.querySelector<HTMLElement>("button.act")?.click());
    });
    return () => {
      isEnded = true;
      stop();
    };
  }

  async #point({ target }: Event): Promise<void> {
    const seq = target instanceof Element ? target.closest<HTMLElement>("li[data-seq]")?.dataset["seq"] : undefined;
    this.seq = seq === undefined ? null : Number(seq);
    this.Tools ??= (await import("./ui/RowTools.svelte")).default;
  }
}
