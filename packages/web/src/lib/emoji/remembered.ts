const KEY = "agora:emoji";
const RECENT_MAX = 24;
const TONES = [0, 1, 2, 3, 4, 5];

/** What somebody picked before, in this browser. */
export interface Remembered {
  /** 0: none was chosen. */
  tone: number;
  /** The newest first, in the tone in which they were picked. */
  recent: readonly string[];
}

type Kept = Pick<Storage, "getItem" | "setItem">;

export function readRemembered(storage: Kept): Remembered {
  try {
    const { tone, recent } = JSON.parse(storage.getItem(KEY) ?? "{}") as { tone?: unknown; recent?: unknown };
    return {
      tone: TONES.find((known) => known === tone) ?? 0,
      recent: Array.isArray(recent) ? recent.filter((emoji) => typeof emoji === "string").slice(0, RECENT_MAX) : [],
    };
  } catch {
    return { tone: 0, recent: [] }; // switched off, or not ours
  }
}

export function remember(storage: Kept, remembered: Remembered): void {
  try {
    storage.setItem(KEY, JSON.stringify(remembered));
  } catch {
    // Full or switched off: it is then not kept.
  }
}

export const withRecent = ({ tone, recent }: Remembered, emoji: string): Remembered => ({
  tone,
  recent: [emoji, ...recent.filter((other) => other !== emoji)].slice(0, RECENT_MAX),
});
