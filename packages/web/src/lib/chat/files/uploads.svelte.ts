import { limits } from "@agora/core/protocol/limits";
import type { CreateUploadBody, Upload } from "@agora/core/protocol/upload";
import { AgoraError } from "@agora/sdk";
import type { OutgoingFile } from "../timeline-rows";

/** What is taken. */
export interface UploadBounds {
  max: number;
  maxBytes: number;
  /** Nothing else than files of these types, which are images. Absent: any. */
  types?: readonly string[];
}

/** How files get to the store. Both reject with an AgoraError. */
export interface UploadWires {
  ask(body: Omit<CreateUploadBody, "purpose">, signal: AbortSignal): Promise<Upload>;
  post(form: Upload["upload"], file: File, options: { onprogress: (part: number) => void; signal: AbortSignal }): Promise<void>;
  now?: () => number;
}

/** A file that somebody chose, and how far it has come. */
export interface ChosenFile {
  readonly key: number;
  readonly file: File;
  readonly state: "queued" | "uploading" | "uploaded" | "failed";
  /** What has arrived, from 0 to 1. */
  readonly progress: number;
  /** Why it failed. */
  readonly problem: string | null;
  /** It failed because nobody could be reached. */
  readonly isLost: boolean;
  readonly id?: string;
  readonly expiresAt?: number;
}

const AT_ONCE = 3;
/** What the store would delete while the message is on its way is uploaded again. */
const EXPIRY_MARGIN_MS = 5 * 60_000;
const ANY_FILE: UploadBounds = { max: limits.attachmentsPerMessageMax, maxBytes: limits.attachmentMaxBytes };

/** The files of a message that is being written in one place. They are uploaded as soon as they are chosen, and stay when their reader looks elsewhere. */
export class Uploads {
  files: readonly ChosenFile[] = $state.raw([]);
  /** What was not taken when it was chosen. */
  refusal: string | null = $state(null);
  /** What changed last, for those who listen to the page. */
  announcement = $state("");
  /** A text that was pasted and is too long for a message. */
  longText: string | null = $state.raw(null);

  readonly #wires: UploadWires;
  readonly #bounds: UploadBounds;
  readonly #now: () => number;
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing that is shown depends on it
  readonly #running = new Map<number, AbortController>();
  /** What was sent, in case it is refused. */
  #sent: Readonly<Record<string, File>> = {};
  #keys = 0;
  /** What is done as soon as everything is there. */
  #act: (() => void) | null = $state.raw(null);

  constructor(wires: UploadWires, bounds = ANY_FILE) {
    this.#wires = wires;
    this.#bounds = bounds;
    this.#now = wires.now ?? Date.now;
  }

  get isWaiting(): boolean {
    return this.#act !== null;
  }

  /** Takes what may be in a message, and says what may not. */
  take(chosen: readonly File[], hasFolder = false): void {
    const { max, maxBytes, types } = this.#bounds;
    const reasons = hasFolder ? ["A folder cannot be attached. Choose the files in it."] : [];
    const fitting = chosen.filter(({ name, size, type }) => {
      const reason = reasonAgainst({ size, type });
      if (reason) reasons.push(`“${name}” ${reason}.`);
      return !reason;
    });
    const taken = fitting.slice(0, Math.max(0, max - this.files.length));
    const left = fitting.slice(taken.length).map(({ name }) => `“${name}”`);
    if (left.length > 0) reasons.push(`A message has at most ${max} ${types ? "images" : "files"}. Left out: ${left.join(", ")}.`);
    this.refusal = reasons.join(" ") || null;
    if (taken.length === 0) return;
    this.hold();
    this.files = [...this.files, ...taken.map((file) => this.#fresh({ key: this.#keys++, file }))];
    this.#say(taken.length === 1 ? `${taken[0]?.name} is being uploaded` : `${taken.length} files are being uploaded`);
    this.#next();

    function reasonAgainst({ size, type }: Pick<File, "size" | "type">): string | undefined {
      if (size === 0) return "is empty";
      if (types && !types.includes(type)) return "is no image that can be shown here: PNG, JPEG, GIF or WebP";
      return size > maxBytes ? `is larger than ${maxBytes / 1024 / 1024} MB` : undefined;
    }
  }

  /** Takes back what was sent and refused. False: not all of it is still known here. */
  takeBack(sent: readonly OutgoingFile[]): boolean {
    this.hold(); // what waits now would be sent without what comes back
    const known = sent.flatMap(({ id }) => this.#sent[id] ?? []);
    this.take(known);
    return known.length === sent.length;
  }

  remove(key: number): void {
    this.#running.get(key)?.abort();
    const gone = this.#find(key);
    this.files = this.files.filter((file) => file.key !== key);
    this.refusal = null;
    if (gone) this.#say(`${gone.file.name} was removed`);
    if (this.files.length === 0) this.hold();
    this.#next();
  }

  /** Asks for a new form: the old one may be too old. */
  retry(key: number): void {
    const failed = this.#find(key);
    if (failed?.state !== "failed") return;
    this.#put(this.#fresh(failed));
    this.#next();
  }

  /** The network is back. */
  retryLost(): void {
    for (const { key, isLost } of this.files) if (isLost) this.retry(key);
  }

  /** Does it now, or as soon as everything is uploaded. It is not done if something fails, or `hold` comes before. False: it cannot be done. */
  whenUploaded(act: () => void): boolean {
    const late = this.#now() + EXPIRY_MARGIN_MS;
    for (const file of this.files) if (file.expiresAt !== undefined && file.expiresAt < late) this.#put(this.#fresh(file));
    const failed = this.files.find(({ state }) => state === "failed");
    if (failed) {
      this.refusal = `“${failed.file.name}” is not uploaded. Retry it, or remove it.`;
      return false;
    }
    this.#act = act;
    this.#next();
    return true;
  }

  /** What was to be done is not to be done any more. */
  hold(): void {
    this.#act = null;
  }

  /** Hands over what is uploaded, in the order in which it was chosen: it is not here any more. */
  handOver(): OutgoingFile[] {
    const uploaded = this.files.flatMap(({ id, file }) => (id === undefined ? [] : [{ id, file }]));
    for (const { id, file } of uploaded) this.#sent = { ...this.#sent, [id]: file };
    this.clear();
    return uploaded.map(({ id, file }) => ({ id, filename: file.name, size: file.size }));
  }

  /** Gives everything up. */
  clear(): void {
    this.hold();
    const files = this.files;
    this.files = [];
    this.refusal = null;
    for (const { key } of files) this.#running.get(key)?.abort();
  }

  #fresh({ key, file }: Pick<ChosenFile, "key" | "file">): ChosenFile {
    return { key, file, state: "queued", progress: 0, problem: null, isLost: false };
  }

  #next(): void {
    const running = this.files.filter(({ state }) => state === "uploading").length;
    const waiting = this.files.filter(({ state }) => state === "queued");
    for (const file of waiting.slice(0, AT_ONCE - running)) void this.#upload(file); // never rejects
    if (!this.#act || this.files.some(({ state }) => state !== "uploaded")) return;
    const act = this.#act;
    this.hold();
    act();
  }

  async #upload(chosen: ChosenFile): Promise<void> {
    const { key, file } = chosen;
    const controller = new AbortController();
    const { signal } = controller;
    this.#running.set(key, controller);
    this.#put({ ...chosen, state: "uploading" });
    try {
      const body = { filename: file.name, size: file.size, content_type: file.type };
      const { id, upload, expires_at } = await this.#wires.ask(body, signal);
      await this.#wires.post(upload, file, { onprogress: (progress) => this.#put({ ...chosen, state: "uploading", progress }), signal });
      this.#put({ ...chosen, state: "uploaded", progress: 1, id, expiresAt: expires_at });
      if (!signal.aborted) this.#say(`${file.name} is uploaded`);
    } catch (error) {
      if (!signal.aborted) this.#fail(chosen, AgoraError.from(error));
    }
    this.#running.delete(key);
    this.#next();
  }

  #fail(chosen: ChosenFile, { code, message }: AgoraError): void {
    const isLost = code === "network";
    const problem = isLost ? "The connection was lost." : message;
    this.hold(); // whoever wanted to send it decides what is to be done without it
    this.#put({ ...chosen, state: "failed", problem, isLost });
    this.#say(`${chosen.file.name} is not uploaded. ${problem}`);
  }

  #say(words: string): void {
    this.announcement = words;
  }

  #find(key: number): ChosenFile | undefined {
    return this.files.find((file) => file.key === key);
  }

  #put(file: ChosenFile): void {
    this.files = this.files.map((other) => (other.key === file.key ? file : other));
  }
}
