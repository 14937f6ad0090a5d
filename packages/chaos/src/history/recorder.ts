import type { Message } from "@agora/sdk";
import { Entries, NOBODYS, type Seen } from "./entries";
import { newHistory, type History, type Observer } from "./history";

/** Of a message, what its identity hangs on. */
type Said = Pick<Message, "seq" | "content" | "nonce"> & { author: { id: string | null } };

/**
 * Writes a history. Every message that is sent by way of it has its number in its nonce and at the start of its text, so that it is known again
 * wherever it turns up, under another nonce too.
 */
export class Recorder {
  readonly history: History = newHistory();
  readonly #run: string;
  readonly #authorOf = new Map<number, string>();
  readonly #logs = new Map<string, number>();
  #observers = 0;

  /** @param run a name that no other run on the same data has. */
  constructor(run: string) {
    this.#run = run;
  }

  now(): number {
    return performance.now();
  }

  addPerson(name: string, authorId: string): number {
    const person = this.history.people.push(name) - 1;
    this.#authorOf.set(person, authorId);
    return person;
  }

  addLog(topic: string): number {
    const log = this.history.logs.push(topic) - 1;
    this.#logs.set(topic, log);
    return log;
  }

  logOf(topic: string): number {
    const log = this.#logs.get(topic);
    if (log === undefined) throw new Error(`${topic} is no log of this run`);
    return log;
  }

  /** Before the first request for the message is made. */
  begin(person: number, topic: string, text: string): { send: number; nonce: string; content: string } {
    const send = this.history.sends.begin({ person, log: this.logOf(topic), startAt: this.now() });
    const nonce = `${this.#run}.${send.toString(36)}`;
    const content = `${nonce} ${text}`.trim();
    this.history.sends.describe(send, digest(this.#authorOf.get(person) ?? "", nonce, content));
    return { send, nonce, content };
  }

  /** The answer to a request for the message came. What it says is judged later. */
  acknowledge(send: number, answer: Said): void {
    const seen = this.see(answer);
    this.history.sends.acknowledge(send, { ...seen, at: this.now() });
  }

  see({ seq, author, nonce = "", content }: Said): Seen {
    const text = content ?? "";
    return { seq, send: this.#sendOf(nonce) ?? this.#sendOf(text) ?? NOBODYS, digest: digest(author.id ?? "", nonce, text) };
  }

  seeAll(messages: readonly Said[]): Entries {
    const entries = new Entries(messages.length);
    for (const message of messages) entries.push(this.see(message));
    return entries;
  }

  observe(client: string, topic: string, after: number | undefined): Observer {
    const id = `${client}/${++this.#observers}`;
    const observer: Observer = { id, log: this.logOf(topic), after, delivered: new Entries(), end: "left" };
    this.history.observers.push(observer);
    return observer;
  }

  /** The send that has the nonce. */
  numberOf(nonce: string): number {
    const send = this.#sendOf(nonce);
    if (send === undefined) throw new Error(`${nonce} is no nonce of this run`);
    return send;
  }

  #sendOf(text: string): number | undefined {
    if (!text.startsWith(`${this.#run}.`)) return undefined;
    const end = text.indexOf(" ");
    const send = parseInt(text.slice(this.#run.length + 1, end < 0 ? undefined : end), 36);
    return send < this.history.sends.length ? send : undefined;
  }
}

/** FNV-1a over the code units, 32 bits. Source: RFC 9923 §2. */
function digest(...parts: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) hash = Math.imul(hash ^ part.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ 0xffff, 0x01000193); // where one part ends and the next begins
  }
  return hash >>> 0;
}
