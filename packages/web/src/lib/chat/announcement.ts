import { plainText } from "$lib/markup/plain-text";
import type { NameOf } from "$lib/markup/plain-text";

/** What came last, for those who listen to the page. */
export interface Announcement {
  name: string;
  content: string | null;
  count: number;
}

/** As it is read aloud; empty: nothing came. */
export function announcementWords(said: Announcement | null, nameOf: NameOf): string {
  if (!said) return "";
  if (said.count > 1) return `${said.count} new messages, the last one by ${said.name}`;
  return `${said.name}: ${plainText(said.content ?? "", nameOf)}`;
}
