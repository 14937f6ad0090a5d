import type { Surroundings } from "./attention.svelte";
import type { TabStorage } from "./saved-outbox";

/** What was typed in a place and not sent. */
export interface Draft {
  text: string;
  /** The message that it answers. */
  reply_to?: number | undefined;
  /** When somebody last typed in it. */
  at: number;
}

/** By the path of the place's page, so that nothing of a server stays when it is left. */
type Kept = Readonly<Record<string, Draft>>;

const KEPT_MAX = 50;
const KEPT_FOR_MS = 30 * 24 * 60 * 60 * 1000;
/** More is not sent anyway, and others are to fit beside it. */
const TEXT_MAX = 8_000;
/** Nobody loses more than what they typed in this time. */
const PAUSE_MS = 400;

interface DraftsOptions {
  userId: string;
  /** Of the browser and not of the tab: closing it loses nothing. */
  storage: TabStorage | undefined;
  /** A place has another draft than this tab knew: read anew, or typed or sent in another tab. */
  onchange: (href: string, draft: Draft | undefined) => void;
  now?: () => number;
}

/**
 * What one account has typed in this browser, for a reload and for its other tabs: whoever types last wins, and what was sent in one tab is gone
 * in the others. After a log-out nothing is left, and nothing is kept any more. Where storage is full or switched off, a draft lives as long as its tab.
 */
export class Drafts {
  /** The pages of the places that have one. */
  places: readonly string[] = $state.raw([]);
  readonly #options: DraftsOptions;
  readonly #key: string;
  #drafts: Kept = {};
  /** Changed here, and not kept yet. */
  #changed: readonly string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Not on a server, and not after a log-out. */
  #isKeeping = false;

  constructor(options: DraftsOptions) {
    this.#options = options;
    this.#key = `agora:drafts:${options.userId}`;
  }

  /** Takes in what was kept, and follows what other tabs do. What was typed before this is newer than all that was kept. Returns how to stop. */
  start({ window }: Pick<Surroundings, "window"> = globalThis): () => void {
    const ends = new AbortController();
    const { signal } = ends;
    const listen = (type: string, act: (event: Event) => void) => window.addEventListener(type, act, { signal });
    this.#isKeeping = true;
    this.#takeIn(this.#read() ?? {});
    listen("storage", (event) => {
      const { key, newValue } = event as StorageEvent;
      if (key === this.#key || key === null) this.#heard(newValue);
    });
    listen("pageshow", () => this.#takeIn(this.#read() ?? {})); // while it was put aside it heard nothing
    listen("pagehide", () => this.flush());
    this.flush();
    return () => {
      this.flush();
      ends.abort();
      this.#isKeeping = false;
    };
  }

  of(href: string): Draft | undefined {
    return this.#drafts[href];
  }

  keep(href: string, { text, reply_to }: Omit<Draft, "at">): void {
    const known = this.#drafts[href];
    if (text.trim() === "" ? !known : known?.text === text && known.reply_to === reply_to) return;
    this.#set(href, text.trim() === "" ? undefined : { text: text.slice(0, TEXT_MAX), reply_to, at: this.#now });
    this.#changed = [...this.#changed.filter((other) => other !== href), href];
    clearTimeout(this.#timer);
    if (this.#drafts[href] === undefined)
      this.flush(); // it was sent: a reload must not bring it back
    else if (this.#isKeeping) this.#timer = setTimeout(() => this.flush(), PAUSE_MS);
  }

  /** Of all pages whose path begins so: nothing can be said there any more. */
  forget(path: string): void {
    for (const href of this.places) if (href.startsWith(path)) this.keep(href, { text: "" });
  }

  /** The person logs out. */
  clear(): void {
    this.#end();
    try {
      this.#storage.removeItem(this.#key);
    } catch {
      // Switched off: nothing was kept.
    }
  }

  /** Keeps now what has changed. What other tabs have kept meanwhile stays. */
  flush(): void {
    clearTimeout(this.#timer);
    if (!this.#isKeeping || this.#changed.length === 0) return;
    const isChanged = (href: string) => this.#changed.includes(href);
    const ofOthers = Object.entries(this.#read() ?? {}).filter(([href]) => !isChanged(href));
    const own = Object.entries(this.#drafts).filter(([href]) => isChanged(href));
    this.#changed = [];
    try {
      this.#storage.setItem(this.#key, JSON.stringify(bounded([...ofOthers, ...own], this.#now)));
    } catch {
      // Storage is full or switched off: a reload then loses what was not sent.
    }
  }

  #heard(newValue: string | null): void {
    if (newValue === null) this.#end();
    else this.#takeIn(this.#read() ?? {});
  }

  #end(): void {
    this.#changed = [];
    this.#takeIn({});
    this.#isKeeping = false;
    clearTimeout(this.#timer);
  }

  /** What was changed here and is not kept yet was typed last. */
  #takeIn(kept: Kept): void {
    for (const href of Object.keys({ ...kept, ...this.#drafts })) {
      const [now, known] = [kept[href], this.#drafts[href]];
      if (this.#changed.includes(href) || (now?.text === known?.text && now?.reply_to === known?.reply_to)) continue;
      this.#set(href, now);
      this.#options.onchange(href, now);
    }
  }

  #set(href: string, draft: Draft | undefined): void {
    const { [href]: _, ...others } = this.#drafts;
    this.#drafts = draft ? { ...others, [href]: draft } : others;
    if (this.places.includes(href) !== Boolean(draft)) this.places = Object.keys(this.#drafts);
  }

  #read(): Kept | null {
    try {
      const kept = JSON.parse(this.#storage.getItem(this.#key) ?? "null") as Kept | null;
      return (
        kept &&
        bounded(
          Object.entries(kept).filter(([, draft]) => isDraft(draft)),
          this.#now,
        )
      );
    } catch {
      return null;
    }
  }

  get #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  /** Looked up when it is needed: where it is switched off, the look alone throws. */
  get #storage() {
    return this.#options.storage ?? localStorage;
  }
}

/** Those that are not too old; of too many the oldest go. */
function bounded(drafts: readonly (readonly [string, Draft])[], now: number): Kept {
  const fresh = drafts.filter(([, { at }]) => at > now - KEPT_FOR_MS);
  return Object.fromEntries(fresh.toSorted(([, a], [, b]) => b.at - a.at).slice(0, KEPT_MAX));
}

const isDraft = (draft: unknown): draft is Draft =>
  typeof draft === "object" &&
  draft !== null &&
  "text" in draft &&
  typeof draft.text === "string" &&
  "at" in draft &&
  Number.isFinite(draft.at);
