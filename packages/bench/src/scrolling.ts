export interface Scrolled {
  /** Milliseconds from each frame to the next. */
  frames: number[];
  /** Of each page of messages. */
  requests: number[];
  longTasks: number[];
  rowsMax: number;
  /** In the document, at the end. */
  elements: number;
  ms: number;
}

/**
 * Runs in the page, so it may use nothing from outside: scrolls the list by so many pixels a frame until the row with that number stands in it; downwards
 * until it is the last one and the end is reached.
 */
export async function scrollHere({ step, until }: { step: number; until: number }): Promise<Scrolled> {
  const scroller = document.querySelector("[role=log]");
  if (!scroller) throw new Error("there is no list of messages");
  const rows = scroller.getElementsByTagName("li");
  const longTasks: number[] = [];
  const observer = new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ type: "longtask" });
  performance.clearResourceTimings();
  performance.setResourceTimingBufferSize(10_000);
  const seqOf = (row: Element | undefined) => Number((row as HTMLElement | undefined)?.dataset["seq"] ?? 0);
  const stored = () => [...scroller.querySelectorAll("li[data-seq]")];
  const isThere = () => {
    if (step < 0) return seqOf(scroller.querySelector("li[data-seq]") ?? undefined) <= until;
    return seqOf(stored().at(-1)) === until && scroller.scrollTop > -1;
  };
  const frames: number[] = [];
  let rowsMax = 0;
  const startedAt = performance.now();
  let last = startedAt;
  while (!isThere()) {
    scroller.scrollBy({ top: step, behavior: "instant" });
    const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
    frames.push(now - last);
    last = now;
    rowsMax = Math.max(rowsMax, rows.length);
    if (now - startedAt > 600_000) throw new Error(`not at ${until} after ten minutes`);
  }
  observer.disconnect();
  const pages = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/messages?"));
  return {
    frames: frames.slice(1),
    requests: pages.map(({ duration }) => duration),
    longTasks,
    rowsMax,
    elements: document.getElementsByTagName("*").length,
    ms: performance.now() - startedAt,
  };
}
