import type { Me } from "@agora/core/protocol/account";
import { createOutbox, createRealtime, createRest } from "@agora/sdk";
import type { OutboxSnapshot, RealtimeStatus } from "@agora/sdk";
import { createContext } from "svelte";
import { datesFor } from "./dates";
import type { Reader } from "./dates";
import { Timeline } from "./timeline.svelte";
import type { LoadedPage, OutgoingBody } from "./timeline.svelte";

export const [getChatClient, setChatClient] = createContext<ChatClient>();

/** What the pages of one logged-in person share: the connection, what is being sent, and the channels that were opened. */
export class ChatClient {
  status: RealtimeStatus = $state.raw({ state: "idle", retryAt: null });
  reader: Reader = $state.raw({ locale: "en-GB", zone: "UTC" });
  readonly dates = $derived(datesFor(this.reader));
  readonly rest = createRest({ baseUrl: "/api", onUnauthorized: refreshSession });
  readonly realtime = createRealtime({ getTicket: () => this.rest.createTicket() });

  readonly #me: Me;
  readonly #timelines = new Map<string, Timeline>();
  readonly #outbox = createOutbox<OutgoingBody>({
    send: ({ body, nonce, after }, options) => this.rest.sendMessage({ ...body, nonce, after }, options),
    fetchAfter: (topic, after, limit) => this.rest.listMessages({ ...this.#pathOf(topic), after, limit }),
    seen: (topic) => this.#timelines.get(topic)?.seen,
    isOwn: (message) => message.author.id === this.#me.id,
    onsent: (topic, message) => this.#timelines.get(topic)?.offer(message),
    onchange: (items) => {
      saveOutbox(this.#me.id, this.#outbox.snapshot());
      for (const timeline of this.#timelines.values()) timeline.showOutgoing(items);
    },
  });
  /** Which server a topic's channel is in, for asking about it. */
  readonly #paths = new Map<string, { server_id: string; channel_id: string }>();

  constructor(me: Me, reader: Reader) {
    this.#me = me;
    this.reader = reader;
  }

  /** Sends what a reload interrupted, and follows the connection, which the first server that is opened asks for. Returns how to stop. */
  start(): () => void {
    const ignore = this.realtime.onstate((status) => {
      this.status = status;
      if (status.state === "connected") this.#outbox.wake();
    });
    const saved = savedOutbox(this.#me.id);
    for (const { topic, body } of saved?.items ?? []) this.#paths.set(topic, { server_id: body.server_id, channel_id: body.channel_id });
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
    this.#paths.set(topic, { server_id: serverId, channel_id: channelId });
    let timeline = this.#timelines.get(topic);
    if (timeline && !page.hasNewer) timeline.refresh(page);
    else {
      const { rest, realtime } = this;
      timeline = new Timeline({ serverId, channelId, me: this.#me, page, rest, realtime, outbox: this.#outbox });
      // A stretch from further back is looked at, and not kept.
      if (!page.hasNewer) this.#timelines.set(topic, timeline);
    }
    timeline.showOutgoing(page.hasNewer ? [] : this.#outbox.items);
    return timeline;
  }

  #pathOf(topic: string) {
    const path = this.#paths.get(topic);
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
const outboxKey = (userId: string) => `agora:outbox:${userId}`;

function saveOutbox(userId: string, snapshot: OutboxSnapshot<OutgoingBody>): void {
  try {
    if (snapshot.items.length > 0) sessionStorage.setItem(outboxKey(userId), JSON.stringify(snapshot));
    else sessionStorage.removeItem(outboxKey(userId));
  } catch {
    // Storage is full or switched off: a reload then loses what was not sent.
  }
}

function savedOutbox(userId: string): OutboxSnapshot<OutgoingBody> | null {
  try {
    return JSON.parse(sessionStorage.getItem(outboxKey(userId)) ?? "null") as OutboxSnapshot<OutgoingBody> | null;
  } catch {
    return null;
  }
}
