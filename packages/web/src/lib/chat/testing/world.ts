import type { Me } from "@agora/core/protocol/account";
import type { Message } from "@agora/core/protocol/message";
import { ChatClient } from "../client.svelte";
import type { Wires } from "../client.svelte";
import type { Listed } from "../conversation-list.svelte";
import type { ServerListItem } from "@agora/core/protocol/server";
import type { LoadedPage } from "../log-window.svelte";

export const me: Me = { id: "usr_me", username: "mara", display_name: "Mara", avatar_url: null, created_at: 0, email: "mara@example.org" };

/** What another person said, unless the fields say otherwise. */
export function message(seq: number, fields: Partial<Message> = {}): Message {
  return {
    log_id: "channel:chn_1",
    seq,
    author: { id: "usr_2", username: "ilya", display_name: null, avatar_url: null },
    content: `message ${seq}`,
    created_at: seq * 1000,
    edited_at: null,
    deleted_at: null,
    revision: 1,
    reply_to: null,
    attachments: [],
    reactions: [],
    mentions: [],
    pinned: false,
    ...fields,
  };
}

/** The messages from one seq to another, oldest first. */
export function messages(from: number, to: number): Message[] {
  return Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
}

/** By default one that reaches the end. */
export const page = (loaded: Message[], { hasOlder = false, head = loaded.at(-1)?.seq ?? 0 } = {}): LoadedPage => ({
  messages: loaded,
  hasOlder,
  head,
});

/** What the server was asked, waiting for the test to answer. */
export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  body: { content: string; nonce: string; after: number };
  answer(status: number, json: unknown, headers?: Record<string, string>): void;
  breakOff(): void;
}

/** What a browser keeps for a tab. */
export function fakeStorage(): NonNullable<Wires["storage"]> {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/** A tab that the test shows, hides and focuses. */
export function fakeTab() {
  const window = new EventTarget();
  const state = { visibilityState: "visible" as DocumentVisibilityState, isFocused: true };
  const document = Object.assign(new EventTarget(), { hasFocus: () => state.isFocused });
  Object.defineProperty(document, "visibilityState", { get: () => state.visibilityState });
  return {
    surroundings: { window, document: document as unknown as Document, navigator: { onLine: true } },
    network: (isThere: boolean) => window.dispatchEvent(new Event(isThere ? "online" : "offline")),
    /** Another tab has changed what the browser keeps. */
    heard: (key: string, newValue: string | null) => window.dispatchEvent(Object.assign(new Event("storage"), { key, newValue })),
    leave: () => window.dispatchEvent(new Event("pagehide")),
    show: (visibilityState: DocumentVisibilityState) => {
      state.visibilityState = visibilityState;
      document.dispatchEvent(new Event("visibilitychange"));
    },
    focus: (isFocused: boolean) => {
      state.isFocused = isFocused;
      window.dispatchEvent(new Event(isFocused ? "focus" : "blur"));
    },
  };
}

type Listener = (event: { data: unknown }) => void;
interface SentFrame {
  action: string;
  id: number;
  topics?: { topic: string; after?: number }[];
}

const NONE: Listed = { conversations: [], next_cursor: null };

/** The person's side of the wire: a client whose server is the test. The socket opens and answers by itself; requests wait. */
export function world({
  account = me,
  storage = fakeStorage(),
  kept = fakeStorage(),
  listed = (): ServerListItem[] => [],
  conversations = (): Listed => NONE,
  /** Where a log ends that was left off after so many. */
  headOf = (after: number) => after,
} = {}) {
  const asked: Asked[] = [];
  let listeners: Record<string, Listener[]> = {};
  const emit = (type: string, data?: unknown) => listeners[type]?.forEach((listener) => listener({ data: JSON.stringify(data) }));

  class Socket {
    constructor() {
      listeners = {};
      queueMicrotask(() => emit("open"));
    }
    addEventListener(type: string, listener: Listener) {
      listeners[type] = [...(listeners[type] ?? []), listener];
    }
    send(data: string) {
      const { action, id, topics = [] } = JSON.parse(data) as SentFrame;
      if (action === "unsubscribe") emit("message", { type: "unsubscribed", id, topics });
      if (action !== "subscribe") return;
      emit("message", {
        type: "subscribed",
        id,
        topics: topics.map(({ topic, after = 0 }) => ({ topic, head: headOf(after) })),
        denied: [],
      });
    }
    close() {
      // The test's end of the wire needs no word of it.
    }
  }

  const fetch: typeof globalThis.fetch = (input, init) => {
    const url = new URL(input as string, "http://site.test");
    if (url.pathname.endsWith("/ticket")) return Promise.resolve(Response.json({ ticket: "t", url: "wss://site.test/ws" }));
    return new Promise((resolve, reject) => {
      asked.push({
        method: init?.method ?? "GET",
        path: url.pathname,
        query: url.searchParams,
        body: JSON.parse((init?.body as string | undefined) ?? "null") as Asked["body"],
        answer: (status, json, headers = {}) =>
          resolve(status === 204 ? new Response(null, { status }) : Response.json(json, { status, headers })),
        breakOff: () => reject(new TypeError("network")),
      });
    });
  };

  const tab = fakeTab();
  const client = new ChatClient(account, { locale: "en-GB", zone: "UTC" }, () => ({ servers: listed(), conversations: conversations() }), {
    fetch,
    WebSocket: Socket,
    storage,
    kept,
    surroundings: tab.surroundings,
  });
  return {
    client,
    tab,
    storage,
    kept,
    asked,
    /** The newest request for a path. */
    askedFor: (path: string) => {
      const found = asked.findLast((one) => one.path === path);
      if (!found) throw new Error(`${path} was not asked for, but ${asked.map((one) => one.path).join(", ")}`);
      return found;
    },
    /** The newest request. */
    request: () => {
      const last = asked.at(-1);
      if (!last) throw new Error("nothing was asked");
      return last;
    },
    push: (...said: Message[]) => {
      for (const one of said) emit("message", { type: "new_message", topic: "channel:chn_1", seq: one.seq, message: one });
    },
    event: (frame: unknown) => emit("message", frame),
    /** The connection breaks. */
    drop: () => emit("close"),
    /** What the server stores for a request to send. */
    stored: ({ body }: Asked, seq: number) =>
      message(seq, {
        author: { id: account.id, username: account.username, display_name: account.display_name, avatar_url: null },
        ...body,
      }),
  };
}

/** When all that can go on without input has done so. Turns of the event loop and not time, so that a busy machine changes nothing. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => void setTimeout(resolve, 0));
}
