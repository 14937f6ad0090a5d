import type { ChannelState, ServerDetail, ServerListItem } from "@agora/core/protocol/server";
import { AgoraError, createReadMarks } from "@agora/sdk";
import type { EventFrame, LogMark, Look, ReadMarks, Realtime, Rest } from "@agora/sdk";
import { untrack } from "svelte";
import type { News } from "./badge";
import { ChannelIndex } from "./channel-index";
import { FollowedServers } from "./followed-servers";
import { ownRoleIds } from "./server-view.svelte";

/** Why a server is not this person's any more. `gone`: it was found out afterwards. */
export type Departure = "kick" | "ban" | "deleted" | "left" | "gone";

/** More servers than a person looks at; as the page loads them. */
const LISTED_MAX = 100;

interface InboxOptions {
  meId: string;
  realtime: Realtime;
  rest: Pick<Rest, "getServer" | "listServers" | "markRead">;
  /** The servers that the page was loaded with. */
  listed: () => ServerListItem[];
  ondeparted: (serverId: string, reason: Departure) => void;
}

const topicOf = ({ id }: { id: string }) => `channel:${id}`;

/** What is new in all servers of a person: marks are followed live, also from their other devices. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #marks: ReadMarks;
  /** Marks are no state: this is raised when one of them changes. */
  #version = $state(0);
  #again: { since: ServerListItem[]; servers: ServerListItem[] } | undefined = $state.raw();
  #departed: readonly string[] = $state.raw([]);
  /** The servers whose marks are known one by one. Of the others it is known whether something is new. */
  readonly #channels = new ChannelIndex();
  readonly #followed: FollowedServers;
  /** Topics of channels in which something happened, and it is not known what. */
  #unclear: readonly string[] = [];
  #isAsking = false;
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
  readonly total: News = $derived.by(() => sum(this.servers));

  constructor(options: InboxOptions) {
    this.#options = options;
    const { realtime, rest } = options;
    this.#followed = new FollowedServers(realtime, (serverId) => this.#depart(serverId, "gone"));
    this.#marks = createReadMarks({
      realtime,
      markRead: (topic, seq) =>
        rest.markRead(
          { server_id: this.#channels.serverOf(topic) ?? "", channel_id: topic.slice("channel:".length), seq },
          { keepalive: true },
        ),
      onchange: () => this.#changed(),
      onstale: () => void this.#refresh(),
    });
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

  /** What is new besides this channel. */
  elsewhere(channel: ChannelState | undefined): News {
    return sum(
      this.servers.map((server) => {
        const topics = server.id === channel?.server_id ? this.#channels.topicsOf(server.id) : undefined;
        return channel && topics ? this.#sumOf(topics.filter((topic) => topic !== topicOf(channel))) : server;
      }),
    );
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
    if (event.type === "kicked") this.#depart(event.server_id, event.reason);
    else if (event.type === "channel_created") this.#channels.add(event.channel.server_id, topicOf(event.channel));
    else if ((event.type === "unread" || event.type === "read") && !this.#channels.knows(event.topic)) this.#ask(event.topic);
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
  }

  #depart(serverId: string, reason: Departure): void {
    if (this.#departed.includes(serverId)) return;
    this.#options.ondeparted(serverId, serverId === this.#leavingId ? "left" : reason);
    this.#departed = [...this.#departed, serverId];
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

  /** Asks about the server of the channel, and where that is not known, about one after another: each once, from then on its marks are known. */
  #ask(topic: string): void {
    this.#unclear = [...this.#unclear, topic];
    if (!this.#isAsking) void this.#askAll();
  }

  async #askAll(): Promise<void> {
    this.#isAsking = true;
    try {
      for (let [topic] = this.#unclear; topic !== undefined; [topic] = this.#unclear) {
        await this.#askAbout(topic);
        this.#unclear = this.#unclear.filter((other) => other !== topic);
      }
    } catch (error) {
      if (!(error instanceof AgoraError)) throw error; // what is shown stays, and the next hint asks again
      this.#unclear = [];
    } finally {
      this.#isAsking = false;
    }
  }

  async #askAbout(topic: string): Promise<void> {
    const known = this.#channels.serverOf(topic);
    for (const server_id of known ? [known] : this.servers.map(({ id }) => id)) {
      if (this.#channels.knows(topic)) return;
      if (!this.#channels.topicsOf(server_id)) this.#learn(await this.#options.rest.getServer({ server_id }));
    }
  }

  /** Hints may have been missed. What was known one by one is asked for again where it is in sight, and given up elsewhere. */
  async #refresh(): Promise<void> {
    const { listed, rest } = this.#options;
    const [since, before, openId] = [listed(), this.servers, this.#openServerId];
    try {
      const [{ servers, has_more }, open] = await Promise.all([
        rest.listServers({ limit: LISTED_MAX }),
        openId === undefined ? undefined : rest.getServer({ server_id: openId }).catch(orNothing),
      ]);
      this.#again = { since, servers };
      for (const id of this.#channels.servers) if (id !== openId) this.#channels.doubt(id);
      if (open && !this.isDeparted(open.id)) this.#learn(open);
      const missing = has_more ? [] : before.filter(({ id }) => !servers.some((server) => server.id === id));
      for (const { id } of missing) this.#depart(id, "gone");
      // Of what was said a moment ago, what follows is not hinted at: the marks know how to hear of it.
      for (const { id, recent, unread } of servers)
        if (recent && !unread && id !== openId) this.#learn(await rest.getServer({ server_id: id }));
    } catch (error) {
      if (!(error instanceof AgoraError)) throw error; // what is shown stays, and the next break asks again
    }
  }
}

/** It may be one that the person is not in any more: the list tells. */
function orNothing(error: unknown): undefined {
  if (!(error instanceof AgoraError)) throw error;
}

function sum(news: readonly News[]): News {
  return { unread: news.some(({ unread }) => unread), mention_count: news.reduce((total, { mention_count }) => total + mention_count, 0) };
}
