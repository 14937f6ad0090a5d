import type { Me } from "@agora/core/protocol/account";
import type { ServerListItem } from "@agora/core/protocol/server";
import { createOutbox, createRealtime, createRest } from "@agora/sdk";
import type { Outbox, Realtime, RealtimeOptions, RealtimeStatus, Rest, RestOptions } from "@agora/sdk";
import { createContext } from "svelte";
import { Attention } from "./attention.svelte";
import type { Surroundings } from "./attention.svelte";
import { datesFor } from "./dates";
import type { Reader } from "./dates";
import { Inbox } from "./inbox.svelte";
import type { Departure } from "./inbox.svelte";
import { forgetPlaces } from "./place";
import { sharedCall } from "./shared-call";
import { SavedOutbox } from "./saved-outbox";
import type { TabStorage } from "./saved-outbox";
import { Timeline } from "./timeline.svelte";
import type { LoadedPage, OutgoingBody } from "./timeline.svelte";

export const [getChatClient, setChatClient] = createContext<ChatClient>();

/** What stands between this and the world, so that tests can stand there. */
export interface Wires {
  fetch?: RestOptions["fetch"];
  WebSocket?: RealtimeOptions["WebSocket"];
  storage?: TabStorage;
  surroundings?: Surroundings;
}

/** A server that this person is not in any more, and what they had written there that was not sent. */
export interface Farewell {
  serverId: string;
  serverName: string;
  reason: Departure;
  unsent: readonly string[];
}

interface ChannelPath {
  server_id: string;
  channel_id: string;
}

/** What the pages of one logged-in person share: the connection, what is being sent, and the channels that were opened. */
export class ChatClient {
  status: RealtimeStatus = $state.raw({ state: "idle", retryAt: null });
  reader: Reader = $state.raw({ locale: "en-GB", zone: "UTC" });
  /** Not yet taken note of, the newest last. */
  farewells: readonly Farewell[] = $state.raw([]);
  readonly dates = $derived(datesFor(this.reader));
  readonly attention = new Attention();
  readonly inbox: Inbox;
  readonly rest: Rest;
  readonly realtime: Realtime;

  readonly #me: Me;
  readonly #surroundings: Surroundings | undefined;
  readonly #saved: SavedOutbox<OutgoingBody>;
  readonly #outbox: Outbox<OutgoingBody>;
  /** By topic. No state: nothing that is shown depends on which channels were opened before. */
  #timelines: Readonly<Record<string, Timeline>> = {};
  /** By topic: which server its channel is in, for asking about it. */
  #paths: Readonly<Record<string, ChannelPath>> = {};

  /** What is on the screen now is really seen, and nothing is on its way: what comes from now on is not new to the one who looks. */
  readonly isReading = $derived(this.attention.isHere && this.status.state === "connected");

  constructor(me: Me, reader: Reader, listed: () => ServerListItem[], { fetch, WebSocket, storage, surroundings }: Wires = {}) {
    this.#me = me;
    this.#surroundings = surroundings;
    this.reader = reader;
    const rest = createRest({ baseUrl: "/api", onUnauthorized: refreshSession, fetch });
    this.rest = { ...rest, getServer: sharedCall(rest.getServer, ({ server_id }) => server_id) };
    this.realtime = createRealtime({ getTicket: () => this.rest.createTicket(), WebSocket });
    this.inbox = new Inbox({
      meId: me.id,
      realtime: this.realtime,
      rest: this.rest,
      listed,
      ondeparted: (serverId, reason) => this.#departed(serverId, reason),
    });
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
    const stops = [
      ignore,
      this.inbox.start(),
      this.realtime.onevent((event) => {
        if (event.type === "member_left") for (const timeline of Object.values(this.#timelines)) timeline.writers.ended(event.user_id);
      }),
      this.attention.watch(
        { onsleep: () => this.realtime.sleep(), onwake: () => this.realtime.wake(), onhide: () => this.inbox.flush() },
        this.#surroundings,
      ),
    ];
    return () => {
      for (const stop of stops) stop();
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

  /** Forgets the server: nothing of it stays in this tab. What was written there and not sent is handed back. */
  forget(serverId: string): readonly string[] {
    const isInServer = (topic: string) => this.#paths[topic]?.server_id === serverId;
    const unsent = this.#outbox.items.filter(({ topic }) => isInServer(topic));
    for (const { nonce } of unsent) this.#outbox.discard(nonce);
    for (const [topic, timeline] of Object.entries(this.#timelines)) if (isInServer(topic)) timeline.isGone = true;
    this.#timelines = Object.fromEntries(Object.entries(this.#timelines).filter(([topic]) => !isInServer(topic)));
    this.#paths = Object.fromEntries(Object.entries(this.#paths).filter(([topic]) => !isInServer(topic)));
    forgetPlaces(serverId);
    return unsent.map(({ body }) => body.content);
  }

  dismissFarewell(farewell: Farewell): void {
    this.farewells = this.farewells.filter((other) => other !== farewell);
  }

  #departed(serverId: string, reason: Departure): void {
    const serverName = this.inbox.nameOf(serverId) ?? "a server";
    this.farewells = [...this.farewells, { serverId, serverName, reason, unsent: this.forget(serverId) }];
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
