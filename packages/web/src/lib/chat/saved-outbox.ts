import type { OutboxSnapshot } from "@agora/sdk";

export type TabStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** What is on its way, kept in this tab, and for this account: what was written must not go out in another person's name. */
export class SavedOutbox<Body> {
  readonly #key: string;
  readonly #given: TabStorage | undefined;

  constructor(userId: string, storage: TabStorage | undefined) {
    this.#key = `agora:outbox:${userId}`;
    this.#given = storage;
  }

  write(snapshot: OutboxSnapshot<Body>): void {
    try {
      if (snapshot.items.length > 0) this.#storage.setItem(this.#key, JSON.stringify(snapshot));
      else this.#storage.removeItem(this.#key);
    } catch {
      // Storage is full or switched off: a reload then loses what was not sent.
    }
  }

  read(): OutboxSnapshot<Body> | null {
    try {
      return JSON.parse(this.#storage.getItem(this.#key) ?? "null") as OutboxSnapshot<Body> | null;
    } catch {
      return null;
    }
  }

  /** Looked up when it is needed: where it is switched off, the look alone throws. */
  get #storage() {
    return this.#given ?? sessionStorage;
  }
}
