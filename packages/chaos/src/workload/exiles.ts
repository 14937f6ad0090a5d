import type { Recorder } from "../history/recorder";
import { framesIn } from "./raw-socket";

interface Exile {
  kick: number;
  server: number;
  topics: ReadonlySet<string>;
}

/** Who is removed from which server at the moment, and what they hear of it all the same. */
export class Exiles {
  readonly #recorder: Recorder;
  readonly #exiles = new Map<number, Exile[]>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /** The removal was acknowledged just now. @returns what ends it, to be called before the first attempt to come back. */
  begin(person: number, server: number, topics: readonly string[], logs: readonly number[]): () => void {
    const entry = { person, logs, ackAt: this.#recorder.now(), rejoinAt: Infinity };
    const exile = { kick: this.#recorder.history.kicks.push(entry) - 1, server, topics: new Set(topics) };
    this.#exiles.set(person, [...(this.#exiles.get(person) ?? []), exile]);
    return () => {
      entry.rejoinAt = this.#recorder.now();
      this.#exiles.set(person, this.#exiles.get(person)?.filter((other) => other !== exile) ?? []);
    };
  }

  isExiled(person: number, server: number): boolean {
    return this.#exiles.get(person)?.some((exile) => exile.server === server) ?? false;
  }

  /** Something arrived on a socket of the person, who is usually no exile. */
  heard(person: number, data: unknown): void {
    const exiles = this.#exiles.get(person);
    if (!exiles || exiles.length === 0) return;
    for (const { type, topic, message } of framesIn(data)) {
      const exile = exiles.find(({ topics }) => topic !== undefined && topics.has(topic));
      if (!exile) continue;
      const seen = message && this.#recorder.see(message);
      const causeAt = seen && seen.send >= 0 ? this.#recorder.history.sends.at(seen.send).startAt : undefined;
      this.#note(exile, `frame ${type} ${topic} ${seen?.seq ?? ""}`, causeAt);
    }
  }

  /** A request about a channel of the server succeeded. */
  answered(person: number, topic: string, what: string, startAt: number): void {
    const exile = this.#exiles.get(person)?.find(({ topics }) => topics.has(topic));
    if (exile) this.#note(exile, `answer to ${what} ${topic}`, startAt);
  }

  #note({ kick }: Exile, what: string, causeAt: number | undefined): void {
    this.#recorder.history.heardAfterKick.push({ kick, at: this.#recorder.now(), what, causeAt });
  }
}
