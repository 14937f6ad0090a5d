import type RowTools from "./ui/RowTools.svelte";

/** Which message somebody points at, or works at with the keyboard: it shows its tools, which are loaded then. */
export class RowPointer {
  /** Its seq. */
  seq: number | null = $state(null);
  Tools: typeof RowTools | undefined = $state.raw();

  /** Not in the markup: the list is no control, whatever the pointer does over it. @returns ends it. */
  follow(list: HTMLElement): () => void {
    if (!matchMedia("(hover: hover)").matches) return () => undefined; // the menu has it all
    const ends = new AbortController();
    const { signal } = ends;
    const pointed = (event: Event) => void this.#point(event);
    list.addEventListener("pointerover", pointed, { signal });
    list.addEventListener("focusin", pointed, { signal });
    list.addEventListener("pointerleave", () => !list.contains(document.activeElement) && (this.seq = null), { signal });
    return () => ends.abort();
  }

  async #point({ target }: Event): Promise<void> {
    const seq = target instanceof Element ? target.closest<HTMLElement>("li[data-seq]")?.dataset["seq"] : undefined;
    this.seq = seq === undefined ? null : Number(seq);
    this.Tools ??= (await import("./ui/RowTools.svelte")).default;
  }
}
