import type { ChatClient } from "../client.svelte";
import type { RowActions } from "../row-actions.svelte";
import type { Timeline } from "../timeline.svelte";
import type { StoredRow } from "../timeline-rows";
import type { shortcutOf } from "./shortcuts";

/** What keys do in the place that is open. */
export interface PlaceKeys {
  timeline: Timeline;
  actions: RowActions;
  toPresent: () => void;
  markRead: () => void;
  search: () => void;
  write: () => void;
  /** Asks first. */
  remove: (row: StoredRow, from: HTMLElement) => void;
}

type Meant = NonNullable<ReturnType<typeof shortcutOf>>;

/** Does what a key means. Loaded with the first that means something. */
export function act(meant: Exclude<Meant, "type">, target: EventTarget | null, client: ChatClient): void {
  const { place } = client;
  switch (meant) {
    case "switch":
    case "help":
      client.overlay = meant;
      return;
    case "next":
    case "nextUnread":
      return step(1, meant === "nextUnread");
    case "previous":
    case "previousUnread":
      return step(-1, meant === "previousUnread");
    case "present":
      return place?.toPresent();
    case "read":
      place?.markRead();
      place?.toPresent();
      return place?.write();
    case "search":
      return place?.search();
    case "up":
      return move(target, -1);
    case "down":
      return move(target, 1);
    case "reply":
    case "edit":
    case "react":
    case "remove":
      if (place) actOn(meant, target, place);
  }
}

/** To the next place of the list as it is shown, or the next of them with something new; of a list without any, to a server that has. */
function step(by: 1 | -1, isUnread: boolean): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>("a[data-place]")];
  const here = links.findIndex((link) => link.ariaCurrent === "page");
  const others = links
    .map((_, index) => links[(here + by * (index + 1) + links.length * 2) % links.length])
    .filter((link) => link !== links[here]);
  const isNew = (link: HTMLAnchorElement | undefined) => link?.dataset["unread"] === "true";
  const elsewhere = () => document.querySelector<HTMLAnchorElement>(".rail a[data-unread='true']:not([aria-current])");
  (isUnread ? (others.find(isNew) ?? elsewhere()) : others[0])?.click();
}

const rowOf = (target: EventTarget | null) => (target instanceof Element ? target.closest<HTMLElement>("li[data-seq]") : null);

/** From a message to the one beside it; from the list itself, to the last that is on the screen. */
function move(target: EventTarget | null, by: 1 | -1): void {
  const list = target instanceof Element ? target.closest("[role='log']") : null;
  if (!list) return;
  const rows = [...list.querySelectorAll<HTMLElement>("li[data-seq]")];
  const from = rowOf(target);
  const bottom = list.getBoundingClientRect().bottom;
  const next = from ? rows[rows.indexOf(from) + by] : rows.findLast((row) => row.getBoundingClientRect().top < bottom);
  if (!next) return;
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function actOn(meant: "reply" | "edit" | "react" | "remove", target: EventTarget | null, { timeline, actions, remove }: PlaceKeys): void {
  const element = rowOf(target);
  const row = timeline.rows.find(({ seq, content }) => seq !== undefined && String(seq) === element?.dataset["seq"] && content !== null);
  if (!element || !row) return;
  const stored = row as StoredRow;
  if (meant === "remove") return remove(stored, element);
  if (meant === "edit" ? actions.mayEdit(stored) : actions.mayWrite) {
    if (meant === "react") actions.pick(stored, element);
    else actions[meant](stored);
  }
}
