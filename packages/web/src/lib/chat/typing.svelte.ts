import type { Author } from "@agora/core/protocol/message";

/** What a typing frame is worth; somebody who goes on writing sends the next one before. */
export const WRITING_MS = 10_000;

interface Writer {
  name: string;
  timer: ReturnType<typeof setTimeout>;
}

/** Who is writing in a channel right now. */
export class Writers {
  #writers: Readonly<Record<string, Writer>> = $state.raw({});

  /** "ann is writing…"; empty: nobody is. */
  get words(): string {
    return wordsFor(Object.values(this.#writers).map(({ name }) => name));
  }

  began({ id, username, display_name }: Author): void {
    const key = id ?? username;
    clearTimeout(this.#writers[key]?.timer);
    const timer = setTimeout(() => this.ended(key), WRITING_MS);
    this.#writers = { ...this.#writers, [key]: { name: display_name ?? username, timer } };
  }

  /** Their message came: they have stopped. */
  said({ id, username }: Pick<Author, "id" | "username">): void {
    this.ended(id ?? username);
  }

  clear(): void {
    for (const key of Object.keys(this.#writers)) this.ended(key);
  }

  /** @param key the id of an account, or the name of a guest. */
  ended(key: string): void {
    const { [key]: writer, ...others } = this.#writers;
    if (!writer) return;
    clearTimeout(writer.timer);
    this.#writers = others;
  }
}

function wordsFor(names: readonly string[]): string {
  const [first, second] = names;
  if (first === undefined) return "";
  if (second === undefined) return `${first} is writing…`;
  return names.length === 2 ? `${first} and ${second} are writing…` : "Several people are writing…";
}
