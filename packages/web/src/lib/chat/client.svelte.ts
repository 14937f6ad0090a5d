import type { Me } from "@agora/core/protocol/account";
import { createOutbox, createRealtime, createRest } from "@agora/sdk";
import type { Outbox, OutboxSnapshot, Realtime, RealtimeOptions, RealtimeStatus, Rest, RestOptions } from "@agora/sdk";
import { createContext } from "svelte";
import { datesFor } from "./dates";
import type { Reader } from "./dates";
import { Timeline } from "./timeline.svelte";
import type { LoadedPage, OutgoingBody } from "./timeline.svelte";

export const [getChatClient, setChatClient] = createContext<ChatClient>();

/** What stands between this and the world, so that tests can stand there. */
export interface Wires {
  fetch?: RestOptions["fetch"];
  WebSocket?: RealtimeOptions["WebSocket"];
  storage?: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}

interface ChannelPath {
  server_id: string;
  channel_id: string;
}

/** What the pages of one logged-in person share: the connection, what is being sent, and the channels that were opened. */
export class ChatClient {
  status: RealtimeStatus = $state.raw({ state: "idle", retryAt: null });
  reader: Reader = $state.raw({ locale: "en-GB", zone: "UTC" });
  readonly dates = $derived(datesFor(this.reader));
  readonly rest: Rest;
  readonly realtime: Realtime;

  readonly #me: Me;
  readonly #saved: SavedOutbox;
  readonly #outbox: Outbox<OutgoingBody>;
  /** By topic. No state: nothing that is shown depends on which channels were opened before. */
  #timelines: Readonly<Record<string, Timeline>> = {};
  /** By topic: which server its channel is in, for asking about it. */
  #paths: Readonly<Record<string, ChannelPath>> = {};

  constructor(me: Me, reader: Reader, { fetch, WebSocket, storage }: Wires = {}) {
    this.#me = me;
    this.reader = reader;
    this.rest = createRest({ baseUrl: "/api", onUnauthorized: refreshSession, fetch });
    this.realtime = createRealtime({ getTicket: () => this.rest.createTicket(), WebSocket });
    this.#saved = new SavedOutbox(me.id, storage);
    this.#outbox = createOutbox<OutgoingBody>({
      send: ({ body, nonce, after }, options) => this.rest.sendMessage({ ...body, nonce, after }, options),
      fetchAfter: (topic, after, limit) => this.rest.listMessages({ ...this.#pathOf(topic), after, limit }),
      seen: (topic) => this.#timelines[topic]?.seen,
      isOwn: (message) => message.author.id === me.id,
      onsent: (topic, message) => this.#timelines[topic]?.offer(message),
      onchange: (items) => {
        this.#saved.write(this.#outbox.snapshot());
        for (const timeline of Object.values(this.#timelines)) timeline.showOutgoing(items);
      },
    });
  }

  /** Sends what a reload interrupted, and follows the connection, which the first server that is opened asks for. Returns how to stop. */
  start(): () => void {
    const ignore = this.realtime.onstate((status) => {
      this.status = status;
      if (status.state === "connected") this.#outbox.wake();
    });
    const saved = this.#saved.read();
    for (const { topic, body } of saved?.items ?? []) this.#learnPath(topic, body);
    if (saved) this.#outbox.restore(saved);
    return () => {
      ignore();
      this.realtime.close();
      this.#outbox.close();
    };
  }

  /** The channel as it was left, brought up to date with what the page was loaded with. */
  open(serverId: string, channelId: string, page: LoadedPage): Timeline {
    const topic = `channel:${channelId}`;
    this.#learnPath(topic, { server_id: serverId, channel_id: channelId });
    // A stretch from further back is looked at, and not kept.
    if (page.hasNewer) return this.#newTimeline(serverId, channelId, page);
    const known = this.#timelines[topic];
    known?.refresh(page);
    const timeline = known ?? this.#newTimeline(serverId, channelId, page);
    this.#timelines = { ...this.#timelines, [topic]: timeline };
    timeline.showOutgoing(this.#outbox.items);
    return timeline;
  }

  #newTimeline(serverId: string, channelId: string, page: LoadedPage): Timeline {
    const { rest, realtime } = this;
    return new Timeline({ serverId, channelId, me: this.#me, page, rest, realtime, outbox: this.#outbox });
  }

  #learnPath(topic: string, { server_id, channel_id }: ChannelPath): void {
    this.#paths = { ...this.#paths, [topic]: { server_id, channel_id } };
  }

  #pathOf(topic: string): ChannelPath {
    const path = this.#paths[topic];
    if (!path) throw new Error(`nothing was opened or sent in ${topic}`);
    return path;
  }
}

/** The tokens are in cookies that no script can read: the site renews them. */
async function refreshSession(): Promise<boolean> {
  const answer = await fetch("/session/refresh", { method: "POST" });
  return answer.ok;
}

/** In this tab, and for this account: what was written must not go out in another person's name. */
class SavedOutbox {
  readonly #key: string;
  readonly #given: Wires["storage"];

  constructor(userId: string, storage: Wires["storage"]) {
    this.#key = `agora:outbox:${userId}`;
    this.#given = storage;
  }

  write(snapshot: OutboxSnapshot<OutgoingBody>): void {
    try {
      if (snapshot.items.length > 0) this.#storage.setItem(this.#key, JSON.stringify(snapshot));
      else this.#storage.removeItem(this.#key);
    } catch {
      // Storage is full or switched off: a reload then loses what was not sent.
    }
  }

  read(): OutboxSnapshot<OutgoingBody> | null {
    try {
      return JSON.parse(this.#storage.getItem(this.#key) ?? "null") as OutboxSnapshot<OutgoingBody> | null;
    } catch {
      return null;
    }
  }

  /** Looked up when it is needed: where it is switched off, the look alone throws. */
  get #storage() {
    return this.#given ?? sessionStorage;
  }
}
