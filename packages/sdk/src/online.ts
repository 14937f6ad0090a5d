/** What the surroundings know about connectivity, passed in so that tests and other platforms can say it their way. */
export interface OnlineSignal {
  /** False only if there is surely no network. */
  isOnline(): boolean;
  /** `visible`: somebody looks at the page again, perhaps after the machine slept. Returns how to stop listening. */
  subscribe(listener: (signal: "online" | "offline" | "visible") => void): () => void;
}

/** For Node and other places that do not tell. */
export const alwaysOnline: OnlineSignal = { isOnline: () => true, subscribe: () => () => undefined };

/** What a browser tells; elsewhere the same as `alwaysOnline`. */
export function browserOnlineSignal(): OnlineSignal {
  if (typeof window === "undefined" || typeof document === "undefined") return alwaysOnline;
  return {
    isOnline: () => navigator.onLine,
    subscribe(listener) {
      const controller = new AbortController();
      const { signal } = controller;
      window.addEventListener("online", () => listener("online"), { signal });
      window.addEventListener("offline", () => listener("offline"), { signal });
      document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && listener("visible"), { signal });
      return () => controller.abort();
    },
  };
}
