import type { Me } from "@agora/core/protocol/account";
import type { ConversationState } from "@agora/core/protocol/conversation";
import type { ServerListItem } from "@agora/core/protocol/server";
import { createOutbox, createRealtime, createTalkRest } from "@agora/sdk";
import type { Outbox, Realtime, RealtimeOptions, RealtimeStatus, RestOptions, TalkRest } from "@agora/sdk";
import { createContext } from "svelte";
import { Attention } from "./attention.svelte";
import type { Surroundings } from "./attention.svelte";
import { datesFor } from "./dates";
import type { Reader } from "./dates";
import type { Listed } from "./conversation-list.svelte";
import { conversationName } from "./conversation-names";
import { Drafts } from "./drafts.svelte";
import { Inbox } from "./inbox.svelte";
import type { Departure } from "./inbox.svelte";
import type { PlaceKeys } from "./keys/act";
import { forgetPlaces } from "./place";
import { hrefOfConversation, hrefOfServer, pathIn, placeApi, sendIn, topicOf } from "./place-api";
import type { PlacePath } from "./place-api";
import type { MessageSearch, SearchPanel } from "./search/open";
import { sharedCall } from "./shared-call";
import { SavedOutbox } from "./saved-outbox";
import type { TabStorage } from "./saved-outbox";
import type { LoadedPage } from "./log-window.svelte";
import { Timeline } from "./timeline.svelte";
import type { OutgoingBody } from "./timeline-rows";

export const [getChatClient, setChatClient] = createContext<ChatClient>();

/** What stands between this and the world, so that tests can stand there. */
export interface Wires {
  fetch?: RestOptions["fetch"];
  WebSocket?: RealtimeOptions["WebSocket"];
  storage?: TabStorage;
  /** That of the browser, for what outlives a tab. */
  kept?: TabStorage;
  surroundings?: Surroundings;
}

interface OpenSearch {
  /** A server's id, or a topic. */
  within: string;
  model: MessageSearch;
  Panel: typeof SearchPanel;
}

/** A server or a group that this person is not in any more, and what they had written there that was not sent. */
export interface Farewell {
  id: string;
  name: string;
  reason: Departure;
  unsent: readonly string[];
}

/** What the pages were loaded with. */
interface Loaded {
  servers: ServerListItem[];
  conversations: Listed;
}

/** What the pages of one logged-in person share: the connection, what is being sent, and the places that were opened. */
export class ChatClient {
  status: RealtimeStatus = $state.raw({ state: "idle", retryAt: null });
  reader: Reader = $state.raw({ locale: "en-GB", zone: "UTC" });
  /** Not yet taken note of, the newest last. */
  farewells: readonly Farewell[] = $state.raw([]);
  /** A search that is open, and within what: it stays while the reader goes from place to place there. */
  search: OpenSearch | undefined = $state.raw();
  /** What somebody wants to see above the page. */
  overlay: "switch" | "help" | undefined = $state.raw();
  /** What keys do in the place that is open. */
  place: PlaceKeys | undefined;
  readonly dates = $derived(datesFor(this.reader));
  readonly attention = new Attention();
  readonly inbox: Inbox;
  readonly drafts: Drafts;
  readonly rest: TalkRest;
  readonly realtime: Realtime;

  readonly me: Me;
  readonly #surroundings: Surroundings | undefined;
  readonly #saved: SavedOutbox<OutgoingBody>;
  readonly #outbox: Outbox<OutgoingBody>;
  /** By topic. No state: nothing that is shown depends on which places were opened before. */
  #timelines: Readonly<Record<string, Timeline>> = {};
  /** By topic: how requests name its place. */
  #paths: Readonly<Record<string, PlacePath>> = {};

  /** What is on the screen now is really seen, and nothing is on its way: what comes from now on is not new to the one who looks. */
  readonly isReading = $derived(this.attention.isHere && this.status.state === "connected");

  constructor(me: Me, reader: Reader, loaded: () => Loaded, { fetch, WebSocket, storage, kept, surroundings }: Wires = {}) {
    this.me = me;
    this.#surroundings = surroundings;
    this.reader = reader;
    const rest = createTalkRest({ baseUrl: "/api", onUnauthorized: refreshSession, fetch });
    this.rest = { ...rest, getServer: sharedCall(rest.getServer, ({ server_id }) => server_id) };
    this.realtime = createRealtime({ getTicket: () => this.rest.createTicket(), WebSocket });
    this.inbox = new Inbox({
      meId: me.id,
      realtime: this.realtime,
      rest: this.rest,
      listed: () => loaded().servers,
      conversations: () => loaded().conversations,
      ondeparted: (serverId, reason) => this.#departed(serverId, reason),
      onleft: (conversation) => this.#left(conversation),
    });
    this.#saved = new SavedOutbox(me.id, storage);
    this.drafts = new Drafts({
      userId: me.id,
      storage: kept,
      onchange: (href, draft) => {
        for (const timeline of Object.values(this.#timelines)) if (timeline.place.href === href) timeline.takeDraft(draft);
      },
    });
    this.#outbox = createOutbox<OutgoingBody>({
      send: ({ body, nonce, after }, options) =>
        sendIn(this.rest, { ...body, attachments: body.attachments?.map(({ id }) => id), nonce, after }, options),
      fetchAfter: (topic, after, limit) => placeApi(this.rest, this.#pathOf(topic)).list({ after, limit }),
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
    for (const { topic, body } of saved?.items ?? []) this.#paths = { ...this.#paths, [topic]: pathIn(body) };
    if (saved) this.#outbox.restore(saved);
    const stops = [
      ignore,
      this.inbox.start(),
      this.drafts.start(this.#surroundings),
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

  /** The place as it was left, brought up to date with what the page was loaded with. */
  open(path: PlacePath, page: LoadedPage): Timeline {
    const topic = topicOf(path);
    this.#paths = { ...this.#paths, [topic]: path };
    const known = this.#timelines[topic];
    known?.refresh(page);
    const timeline = known ?? this.#newTimeline(path, page);
    this.#timelines = { ...this.#timelines, [topic]: timeline };
    timeline.showOutgoing(this.#outbox.items);
    return timeline;
  }

  /** Forgets the server: nothing of it stays in this tab. What was written there and not sent is handed back. */
  forget(serverId: string): readonly string[] {
    if (this.search?.within === serverId) this.endSearch();
    return this.#forget((path) => "server_id" in path && path.server_id === serverId, hrefOfServer(serverId));
  }

  #forget(isSuch: (path: PlacePath) => boolean, href: string): readonly string[] {
    const isGone = (topic: string) => this.#paths[topic] !== undefined && isSuch(this.#paths[topic]);
    if (this.search && isGone(this.search.within)) this.endSearch();
    const unsent = this.#outbox.items.filter(({ topic }) => isGone(topic));
    for (const { nonce } of unsent) this.#outbox.discard(nonce);
    for (const [topic, timeline] of Object.entries(this.#timelines)) if (isGone(topic)) timeline.leave();
    this.#timelines = Object.fromEntries(Object.entries(this.#timelines).filter(([topic]) => !isGone(topic)));
    this.#paths = Object.fromEntries(Object.entries(this.#paths).filter(([topic]) => !isGone(topic)));
    forgetPlaces(href);
    this.drafts.forget(href);
    return unsent.map(({ body: { content, attachments = [] } }) =>
      [content, ...attachments.map(({ filename }) => filename)].filter(Boolean).join("\n"),
    );
  }

  endSearch(): void {
    this.search?.model.stop();
    this.search = undefined;
  }

  dismissFarewell(farewell: Farewell): void {
    this.farewells = this.farewells.filter((other) => other !== farewell);
  }

  #departed(serverId: string, reason: Departure): void {
    const name = this.inbox.nameOf(serverId) ?? "a server";
    this.farewells = [...this.farewells, { id: serverId, name, reason, unsent: this.forget(serverId) }];
  }

  /** Who has left it themselves knows; what they had not sent there goes with it. */
  #left(conversation: ConversationState): void {
    const { id } = conversation;
    const unsent = this.#forget((path) => "dm_id" in path && path.dm_id === id, hrefOfConversation(id));
    const name = conversationName(conversation, this.me.id);
    this.farewells = [...this.farewells, { id, name, reason: "out", unsent }];
  }

  #newTimeline(path: PlacePath, page: LoadedPage): Timeline {
    return new Timeline({
      place: placeApi(this.rest, path),
      me: this.me,
      page,
      realtime: this.realtime,
      outbox: this.#outbox,
      drafts: this.drafts,
    });
  }

  #pathOf(topic: string): PlacePath {
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
