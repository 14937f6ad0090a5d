const KEPT_MAX = 12;

const keyOf = (userId: string) => `agora:recent:${userId}`;

/** The pages of the places in which this person was last, in this tab, the newest first. */
export function recentPlaces(userId: string): readonly string[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(keyOf(userId)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((href) => typeof href === "string") : [];
  } catch {
    return []; // switched off, or not ours
  }
}

export function noteRecent(userId: string, href: string): void {
  try {
    const others = recentPlaces(userId).filter((other) => other !== href);
    sessionStorage.setItem(keyOf(userId), JSON.stringify([href, ...others].slice(0, KEPT_MAX)));
  } catch {
    // Full or switched off: it is then not kept.
  }
}
