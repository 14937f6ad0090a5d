/** What every entry of every log has, whatever else it says. */
export interface LogEntry {
  log_id: string;
  /** 1, 2, 3, … without a hole. */
  seq: number;
  /** A batch covers so many numbers, of which `seq` is the first. */
  count?: number | undefined;
  author: { id: string | null; username?: string | undefined };
  /** Who it is, of an author without an id. */
  guest_id?: string | undefined;
  /** The author's name for this entry; no two entries of one author in one log have the same. */
  nonce?: string | undefined;
  created_at?: number | undefined;
}

/** The last number that an entry covers. */
export const lastOf = ({ seq, count = 1 }: Pick<LogEntry, "seq" | "count">): number => seq + count - 1;

/** An entry that has no number yet. */
export type Draft<E extends LogEntry> = Omit<E, "log_id" | "seq">;

/** What makes two entries of a log copies of each other; undefined for an entry without a nonce, which is a copy of none. */
export function identityOf(entry: Pick<LogEntry, "author" | "guest_id" | "nonce">): string | undefined {
  return entry.nonce === undefined ? undefined : `${authorIdOf(entry)}\n${entry.nonce}`;
}

/** Of an account or a guest. */
export const authorIdOf = ({ author, guest_id }: Pick<LogEntry, "author" | "guest_id">): string => author.id ?? guest_id ?? "";
