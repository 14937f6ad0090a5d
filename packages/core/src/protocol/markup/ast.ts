/** What surrounds other things. */
interface Span<Kind extends string> {
  kind: Kind;
  children: Inline[];
}

/** What stands in a line. A string is shown as it is. */
export type Inline =
  | string
  | Span<"strong">
  | Span<"em">
  | Span<"underline">
  | Span<"strike">
  | Span<"spoiler">
  | { kind: "code"; text: string }
  | { kind: "link"; href: string; children: Inline[] }
  /** Of an account or a role; null: of everyone. */
  | { kind: "mention"; id: string | null }
  /** Leads to a message of this instance. */
  | MessageLink;

interface MessageLink {
  kind: "message";
  /** Within the site. */
  path: string;
  channelId: string;
}

interface ListItem {
  children: Inline[];
  /** Its own list, one level further in. */
  below?: List;
}

export interface List {
  kind: "list";
  /** The number of the first one; null: they are not numbered. */
  start: number | null;
  items: ListItem[];
}

export type Block =
  | { kind: "paragraph"; children: Inline[] }
  | { kind: "block"; language: string; text: string }
  | { kind: "quote"; children: Block[] }
  | List;
