/** What is new: mentions are counted, other messages are not. */
export interface News {
  unread: boolean;
  mention_count: number;
}

/** Counts beyond this are of no use to anybody, and do not fit. */
const COUNT_MAX = 99;

export const countText = (count: number): string => (count > COUNT_MAX ? `${COUNT_MAX}+` : String(count));

/** What is read aloud behind a name: ", 3 unread mentions". */
export function newsWords({ unread, mention_count }: News, noun: "mention" | "message" = "mention"): string {
  if (mention_count > 0) return `, ${mention_count} unread ${noun}${mention_count === 1 ? "" : "s"}`;
  return unread ? ", unread" : "";
}

/** "(3) #general in Garden · Agora" */
export function titleWith(title: string, { unread, mention_count }: News): string {
  if (mention_count > 0) return `(${countText(mention_count)}) ${title}`;
  return unread ? `• ${title}` : title;
}
