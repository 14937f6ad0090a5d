import type { Dates } from "$lib/chat/dates";
import { layOut } from "$lib/chat/rows";
import type { Row } from "$lib/chat/rows";
import type { Author, Message, OutboxItem, ReplyTo, RoomSaying, RoomView } from "@agora/sdk";
import type { CrowdLine } from "./crowd";

/** What was said, or is on its way. */
export interface RoomItem {
  key: string;
  author: Author;
  created_at: number;
  content: string;
  reply_to: ReplyTo | null;
  seq?: number;
  attachments?: Message["attachments"];
  outgoing?: OutboxItem<RoomSaying>;
}

/** A row of the list: something that was said, or who came and went. */
export type RoomRow = { line: CrowdLine } | (Row<RoomItem> & { line?: undefined });

/** All that stands in a room, oldest first: what is stored, what is on its way, and who came and went in between. */
export function rowsOf(
  { messages, outgoing, alias }: Pick<RoomView, "messages" | "outgoing" | "alias">,
  crowd: readonly CrowdLine[],
  dates: Pick<Dates, "dayKey">,
): RoomRow[] {
  const author: Author = { id: null, username: alias ?? "", display_name: null, avatar_url: null };
  const said = layOut([...messages.map(stored), ...outgoing.map((item) => onItsWay(item, author, messages))], dates);
  const rows: RoomRow[] = [];
  let next = 0;
  for (const row of said) {
    const { seq = Infinity } = row.item;
    const before = next;
    for (let line = crowd[next]; line && line.after < seq; line = crowd[++next]) rows.push({ line });
    rows.push(next > before ? { ...row, opens: true } : row);
  }
  return [...rows, ...crowd.slice(next).map((line) => ({ line }))];
}

// Not by its nonce, which others may choose to be the same.
const stored = ({ seq, author, created_at, content, reply_to, attachments }: Message): RoomItem => ({
  key: `s${seq}`,
  author,
  created_at,
  content: content ?? "",
  reply_to,
  seq,
  ...(attachments.length > 0 && { attachments }),
});

function onItsWay(item: OutboxItem<RoomSaying>, author: Author, messages: readonly Message[]): RoomItem {
  const original = messages.find(({ seq }) => seq === item.body.reply_to);
  return {
    key: `o${item.nonce}`,
    author,
    created_at: item.createdAt,
    content: item.body.content,
    reply_to: original ? { seq: original.seq, author: original.author, content: original.content } : null,
    outgoing: item,
  };
}

/** What the limit holds back goes out then; null: it holds nothing back. */
export function heldUntil(outgoing: readonly OutboxItem<RoomSaying>[]): number | null {
  const held = outgoing.find(({ state, delayedBy }) => state === "pending" && delayedBy === "limit.room_messages");
  return held?.retryAt ?? null;
}
