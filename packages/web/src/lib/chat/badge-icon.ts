import type { News } from "./badge";

const SIGN =
  '<rect width="32" height="32" rx="8" fill="#0b5f45"/><path d="M8.6 23.4a10.5 10.5 0 1 1 14.8 0" fill="none" stroke="#e8f5ee" stroke-width="3.6" stroke-linecap="round"/><path d="M12.2 19.6a5.2 5.2 0 1 1 7.6 0" fill="none" stroke="#7fd9b2" stroke-width="2.6" stroke-linecap="round"/><circle cx="16" cy="23.2" r="2.9" fill="#ff9166"/>';

/** The sign of the site with what is new on it, as an address; undefined: as it is in the file. Drawn as SVG, which the policy for images lets in as data. */
export function iconWith({ unread, mention_count }: News): string | undefined {
  if (mention_count === 0 && !unread) return undefined;
  const badge =
    mention_count > 0
      ? `<rect x="11" y="12" width="21" height="20" rx="9" fill="#c62f14" stroke="#fff" stroke-width="2"/><text x="21.5" y="27.5" font-family="sans-serif" font-size="15" font-weight="700" fill="#fff" text-anchor="middle">${mention_count > 9 ? "9+" : mention_count}</text>`
      : '<circle cx="25" cy="25" r="6.5" fill="#ff7a45" stroke="#fff" stroke-width="2"/>';
  return `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${SIGN}${badge}</svg>`)}`;
}
