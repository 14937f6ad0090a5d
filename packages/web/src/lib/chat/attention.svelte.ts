/** A hidden tab sleeps after this long: whoever looks something up in another tab comes back before. */
export const SLEEP_AFTER_MS = 30_000;

/** Where a page is looked at; the browser's own window and document fit. */
export interface Surroundings {
  window: Pick<Window, "addEventListener">;
  document: Pick<Document, "addEventListener" | "visibilityState" | "hasFocus">;
  navigator: Pick<Navigator, "onLine">;
}

interface AttentionEvents {
  /** Nobody has seen the tab for a while. */
  onsleep: () => void;
  onwake: () => void;
  /** The tab is hidden, or about to go: what is to be kept must be kept now. */
  onhide: () => void;
}

/** Whether somebody looks at this tab. */
export class Attention {
  isVisible = $state(true);
  hasFocus = $state(true);
  /** The browser knows at once that there is no network; a connection may take minutes to notice. */
  isOnline = $state(true);

  /** What is on the screen now is really seen. */
  get isHere(): boolean {
    return this.isVisible && this.hasFocus;
  }

  /** Returns how to stop. */
  watch({ onsleep, onwake, onhide }: AttentionEvents, { window, document, navigator }: Surroundings = globalThis): () => void {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isAsleep = false;
    const look = () => {
      this.hasFocus = document.hasFocus();
      const isVisible = document.visibilityState === "visible";
      if (isVisible === this.isVisible) return;
      this.isVisible = isVisible;
      clearTimeout(timer);
      if (!isVisible) {
        onhide();
        timer = setTimeout(() => {
          isAsleep = true;
          onsleep();
        }, SLEEP_AFTER_MS);
      } else if (isAsleep) {
        isAsleep = false;
        onwake();
      }
    };
    const { signal } = controller;
    document.addEventListener("visibilitychange", look, { signal });
    window.addEventListener("focus", look, { signal });
    window.addEventListener("blur", look, { signal });
    window.addEventListener("pagehide", onhide, { signal });
    window.addEventListener("online", () => (this.isOnline = true), { signal });
    window.addEventListener("offline", () => (this.isOnline = false), { signal });
    this.isOnline = navigator.onLine;
    look();
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }
}
