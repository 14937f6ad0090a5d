import type { ChannelState } from "@agora/core/protocol/channel";
import type { ConversationState } from "@agora/core/protocol/conversation";
import type { Server, ServerDetail, ServerListItem } from "@agora/core/protocol/server";
import { AgoraError, createReadMarks, isTransient } from "@agora/sdk";
import type { EventFrame, LogMark, Look, ReadMarks, Realtime, Rest } from "@agora/sdk";
import { untrack } from "svelte";
import type { News } from "./badge";
import { ChannelIndex } from "./channel-index";
import { ConversationList } from "./conversation-list.svelte";
import type { Listed } from "./conversation-list.svelte";
import { FollowedServers } from "./followed-servers";
import { conversationIdIn } from "./place-api";
import { ownRoleIds } from "./server-view.svelte";

/** Why a server is not this person's any more. `gone`: it was found out afterwards. `out`: of a group, by whomever. */
export type Departure = "kick" | "ban" | "deleted" | "left" | "gone" | "out";

/** More servers than a person looks at; as the page loads them. */
const LISTED_MAX = 100;

interface InboxOptions {
  meId: string;
  realtime: Realtime;
  rest: Pick<Rest, "getServer" | "listServers" | "markRead" | "markReadInDm" | "getConversation" | "listConversations">;
  /** The servers that the page was loaded with. */
  listed: () => ServerListItem[];
  /** The conversations. */
  conversations: () => Listed;
  /** A group that the person is not in any more. */
  onleft: (conversation: ConversationState) => void;
  ondeparted: (serverId: string, reason: Departure) => void;
}

const topicOf = ({ id }: { id: string }) => `channel:${id}`;

/** What is new in all servers and conversations of a person: marks are followed live, also from their other devices. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #marks: ReadMarks;
  readonly conversations: ConversationList;
  /** Marks are no state: this is raised when one of them changes. */
  #version = $state(0);
  #again: { since: ServerListItem[]; servers: ServerListItem[] } | undefined = $state.raw();
  #departed: readonly string[] = $state.raw([]);
  /** The servers whose marks are known one by one. Of the others it is known whether something is new. */
  readonly #channels = new ChannelIndex();
  readonly #followed: FollowedServers;
  /** What has to be loaded again and has not been yet. */
  #unloaded: readonly (() => Promise<void>)[] = [];
  /** The servers of which something was heard since the list of them was last asked for. */
  #hinted: readonly string[] = [];
  #listings = 0;
  #openServerId: string | undefined;
  #leavingId: string | undefined;

  readonly #listed = $derived.by(() => {
    const fromPage = this.#options.listed();
    return this.#again?.since === fromPage ? this.#again.servers : fromPage;
  });
  /** The servers with what is new in each. */
  readonly servers = $derived.by(() =>
    this.#listed.filter(({ id }) => !this.#departed.includes(id)).map((server) => ({ ...server, ...this.#newsOf(server) })),
  );
  readonly total: News = $derived.by(() => sum([...this.servers, this.conversations.total]));

  constructor(options: InboxOptions) {
    this.#options = options;
    const { realtime, rest } = options;
    this.#followed = new FollowedServers(realtime, (serverId) => this.#depart(serverId, "gone"));
    this.#marks = createReadMarks({
      realtime,
      markRead: (topic, seq) => this.#mark(topic, seq),
      onchange: () => this.#changed(),
      onstale: (isRepeat) => this.#reload(isRepeat),
    });
    this.conversations = new ConversationList({
      meId: options.meId,
      rest,
      marks: this.#marks,
      listed: options.conversations,
      onleft: options.onleft,
    });
  }

  #mark(topic: string, seq: number) {
    const { rest } = this.#options;
    const dm_id = conversationIdIn(topic);
    if (dm_id !== undefined) return rest.markReadInDm({ dm_id, seq }, { keepalive: true });
    const server_id = this.#channels.serverOf(topic) ?? "";
    return rest.markRead({ server_id, channel_id: topic.slice("channel:".length), seq }, { keepalive: true });
  }

  /** Follows what concerns the account. Returns how to stop everything. */
  start(): () => void {
    const { realtime, meId } = this.#options;
    const own = realtime.listen(`user:${meId}`, {});
    const ignore = realtime.onevent((event) => this.#heard(event));
    return () => {
      own.close();
      ignore();
      this.follow([]);
      this.#marks.close();
    };
  }

  /** Listens to these servers, and to no others. */
  follow(serverIds: readonly string[]): void {
    this.#followed.follow(serverIds);
  }

  /** Takes in the server that is shown, as it was loaded. */
  open(server: ServerDetail): void {
    untrack(() => (this.#departed = this.#departed.filter((id) => id !== server.id)));
    this.#openServerId = server.id;
    this.#learn(server);
  }

  /** What is new in a channel, and behind which mark. */
  of(channel: ChannelState): LogMark {
    void this.#version;
    const topic = topicOf(channel);
    const mark = this.#channels.knows(topic) ? this.#marks.of(topic) : undefined;
    if (mark) return mark;
    const { head, last_read, mention_count } = channel;
    return { head, last_read, mention_count, unread: head > last_read };
  }

  /** What is new besides this channel or conversation. */
  elsewhere(channel: ChannelState | undefined, conversationId?: string): News {
    const inServers = this.servers.map((server) => {
      const topics = server.id === channel?.server_id ? this.#channels.topicsOf(server.id) : undefined;
      return channel && topics ? this.#sumOf(topics.filter((topic) => topic !== topicOf(channel))) : server;
    });
    return sum([...inServers, this.conversations.elsewhere(conversationId)]);
  }

  /** The channel is on the screen, until it is stopped. */
  look(topic: string): Look {
    return this.#marks.look(topic);
  }

  /** The page is about to go: what was read is marked now. */
  flush(): void {
    this.#marks.flush();
  }

  nameOf(serverId: string): string | undefined {
    return this.#listed.find(({ id }) => id === serverId)?.name;
  }

  isDeparted(serverId: string): boolean {
    return this.#departed.includes(serverId);
  }

  /** The person is about to leave a server, or has decided otherwise. */
  leaving(serverId: string | undefined): void {
    this.#leavingId = serverId;
  }

  /** The person has left the server. */
  left(serverId: string): void {
    this.#depart(serverId, "left");
  }

  #heard(event: EventFrame): void {
    this.conversations.heard(event);
    switch (event.type) {
      case "kicked":
        return this.#depart(event.server_id, event.reason);
      case "channel_created":
      case "channel_updated":
        return this.#channels.add(event.channel.server_id, topicOf(event.channel));
      case "channel_deleted":
        return this.#channelIsGone(topicOf({ id: event.channel_id }));
      case "server_updated":
        return this.#serverIsCalled(event.server);
      case "unread":
      case "read":
        return this.#heardOf(event.topic, event.server_id);
      default:
    }
  }

  #channelIsGone(topic: string): void {
    this.#marks.forget((other) => other === topic);
    this.#channels.remove(topic);
    this.#changed();
  }

  #serverIsCalled(server: Server): void {
    const servers = this.#listed.map((listed) => (listed.id === server.id ? { ...listed, ...server } : listed));
    this.#again = { since: this.#options.listed(), servers };
  }

  /** Something happened in a channel. Its server is asked about if its channels are not known one by one: once, from then on they are. */
  #heardOf(topic: string, serverId = this.#channels.serverOf(topic)): void {
    if (serverId === undefined) return;
    if (this.isDeparted(serverId)) return this.#marks.forget((other) => other === topic); // it was on its way
    this.#channels.add(serverId, topic);
    this.#hinted = [...this.#hinted, serverId];
    if (!this.#channels.knows(topic)) void this.#learnOf(serverId).catch(orNothing);
  }

  async #learnOf(server_id: string): Promise<void> {
    const server = await this.#options.rest.getServer({ server_id });
    if (!this.isDeparted(server_id)) this.#learn(server);
  }

  #learn(server: ServerDetail): void {
    this.#channels.learn(server.id, server.channels.map(topicOf));
    const states = server.channels.map((channel) => ({ ...channel, topic: topicOf(channel) }));
    this.#marks.load(states, ownRoleIds(server));
    this.#changed();
  }

  /** What is shown may be told from an effect, which must not come to depend on this. */
  #changed(): void {
    untrack(() => this.#version++);
    this.conversations.marksChanged();
  }

  #depart(serverId: string, reason: Departure): void {
    if (this.#departed.includes(serverId)) return;
    this.#options.ondeparted(serverId, serverId === this.#leavingId ? "left" : reason);
    this.#departed = [...this.#departed, serverId];
    this.#marks.forget((topic) => this.#channels.serverOf(topic) === serverId);
    this.#channels.forget(serverId);
    if (this.#openServerId === serverId) this.#openServerId = undefined;
    this.#followed.unfollow(serverId);
  }

  #newsOf(server: ServerListItem): News {
    void this.#version;
    const topics = this.#channels.topicsOf(server.id);
    return topics ? this.#sumOf(topics) : server;
  }

  #sumOf(topics: readonly string[]): News {
    return sum(topics.flatMap((topic) => this.#marks.of(topic) ?? []));
  }

  /** Hints may have been missed. What is known by now stays known if something else fails: only that is asked for again. */
  async #reload(isRepeat: boolean): Promise<void> {
    const loads = isRepeat ? this.#unloaded : [this.#listLoad(), this.#openLoad(), () => this.conversations.reload().catch(orRefused)];
    this.#unloaded = loads;
    const outcomes = await Promise.allSettled(loads.map((load) => load()));
    if (this.#unloaded !== loads) return; // there was another break
    this.#unloaded = loads.filter((_, index) => outcomes[index]?.status === "rejected");
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  /** What was known one by one is asked for again where it is in sight, and given up elsewhere. */
  #openLoad(): () => Promise<void> {
    const id = this.#openServerId;
    return async () => {
      if (id !== undefined) await this.#learnOf(id).catch(orRefused); // it may be one that the person is not in any more: the list tells
    };
  }

  #listLoad(): () => Promise<void> {
    let unclear: string[] | undefined;
    return async () => {
      unclear ??= await this.#loadList().catch(orRefused);
      for (let id = unclear?.[0]; id !== undefined; id = unclear?.[0]) {
        await this.#learnOf(id).catch(orRefused);
        unclear?.shift();
      }
    };
  }

  /** Answers which servers have to be asked about too. */
  async #loadList(): Promise<string[]> {
    const { listed, rest } = this.#options;
    const [since, before] = [listed(), this.servers];
    const listing = ++this.#listings;
    this.#hinted = [];
    const { servers, has_more } = await rest.listServers({ limit: LISTED_MAX });
    if (listing !== this.#listings) return []; // a newer one is on its way, or was faster
    this.#again = { since, servers };
    const isElsewhere = (id: string) => id !== this.#openServerId;
    for (const id of this.#channels.servers.filter(isElsewhere)) this.#channels.doubt(id);
    const missing = has_more ? [] : before.filter(({ id }) => !servers.some((server) => server.id === id));
    for (const { id } of missing) this.#depart(id, "gone");
    // Of what was said a moment ago, what follows is not hinted at: the marks know how to hear of it. A hint may be younger than the list.
    return servers
      .filter(({ id, recent, unread }) => isElsewhere(id) && (this.#hinted.includes(id) || (recent && !unread)))
      .map(({ id }) => id);
  }
}

/** What is refused for good is not asked for again. */
function orRefused(error: unknown): undefined {
  if (!(error instanceof AgoraError) || isTransient(error)) throw error;
}

/** What is shown stays, and the next hint asks again. */
function orNothing(error: unknown): undefined {
  if (!(error instanceof AgoraError)) throw error;
}

function sum(news: readonly News[]): News {
  return { unread: news.some(({ unread }) => unread), mention_count: news.reduce((total, { mention_count }) => total + mention_count, 0) };
}
