const HELD_MS = 500;
/** A finger is never quite still. */
const MOVED_PX = 10;
/** What has a long press of its own, by the browser. */
const OWN = "a, img, video, audio, input, textarea, button";

/**
 * Opens the menu of a message that a finger rests on: after half a second, or when the browser says so first. It is called off by a move, by scrolling and by a second
 * finger; what the browser does with the same press, selecting words and the click that follows, is kept from it. @returns ends it.
 */
export function followLongPress(list: HTMLElement, onpress: (row: HTMLElement) => void): () => void {
  const ends = new AbortController();
  const { signal } = ends;
  let held: { id: number; x: number; y: number; row: HTMLElement; timer: ReturnType<typeof setTimeout> } | undefined;
  /** The press was taken: what comes of it by the browser is not wanted. */
  let isTaken = false;

  const listen = (target: EventTarget, type: string, act: (event: never) => void, options = {}) =>
    target.addEventListener(type, act as EventListener, { signal, ...options });

  function callOff() {
    clearTimeout(held?.timer);
    held = undefined;
    list.style.userSelect = "";
  }

  function take(row: HTMLElement) {
    callOff();
    isTaken = true;
    getSelection()?.removeAllRanges();
    onpress(row);
  }

  const rowAt = (target: EventTarget | null) =>
    target instanceof Element && !target.closest(OWN) ? target.closest<HTMLElement>("li[data-seq]") : null;

  listen(list, "pointerdown", (event: PointerEvent) => {
    const { pointerType, pointerId, isPrimary, clientX, clientY, target } = event;
    callOff();
    isTaken = false;
    const row = pointerType === "touch" && isPrimary ? rowAt(target) : null;
    if (!row) return;
    list.style.userSelect = "none";
    held = { id: pointerId, x: clientX, y: clientY, row, timer: setTimeout(() => take(row), HELD_MS) };
  });
  listen(list, "pointermove", ({ pointerId, clientX, clientY }: PointerEvent) => {
    if (held?.id === pointerId && Math.hypot(clientX - held.x, clientY - held.y) > MOVED_PX) callOff();
  });
  for (const type of ["pointerup", "pointercancel", "scroll"]) listen(document, type, callOff, { capture: true });
  listen(document, "touchstart", ({ touches }: TouchEvent) => touches.length > 1 && callOff(), { capture: true, passive: true });
  listen(list, "contextmenu", (event: PointerEvent) => {
    if (isTaken) return event.preventDefault();
    if (held && rowAt(event.target) === held.row) {
      event.preventDefault();
      take(held.row);
    }
  });
  // The finger is lifted over what has opened by now.
  listen(
    document,
    "touchend",
    (event: TouchEvent) => {
      if (isTaken && event.cancelable) event.preventDefault();
      isTaken = false;
    },
    { capture: true, passive: false },
  );
  signal.addEventListener("abort", callOff);
  return () => ends.abort();
}
