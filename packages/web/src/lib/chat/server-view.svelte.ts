import { talkLimits } from "@agora/core/protocol/talk-limits";
import type { ChannelState } from "@agora/core/protocol/channel";
import type { Author } from "@agora/core/protocol/message";
import type { Member } from "@agora/core/protocol/member";
import type { ServerDetail } from "@agora/core/protocol/server";
import { AgoraError, isTransient, Repeater } from "@agora/sdk";
import type { EventFrame, Realtime, Rest } from "@agora/sdk";
import { createContext } from "svelte";
import type { TimelineRow } from "./timeline-rows";
import { withNews } from "./with-news";

export const [getServerView, setServerView] = createContext<ServerView>();

interface Loaded {
  server: ServerDetail;
  members: Member[];
}

/** Who is here in which server, as it was said last. */
interface Presence {
  serverId: string;
  online: readonly string[];
}

export const memberName = ({ nickname, user }: Member): string => nickname ?? user.display_name ?? user.username;

/** So that not everybody in a big server asks for it again at the same moment. */
const SPREAD_MS = { perMember: 10, most: 5_000 };
/** What happens while it is asked for may be in the answer or not: it is asked for again, so often. */
const ASKED_AGAIN_MAX = 3;

/** A server as its pages show it: what they were loaded with, and what happened since. */
export class ServerView {
  readonly #fromPage: () => Loaded;
  /** What was asked for again since the page was loaded; worth nothing once the page is loaded anew. */
  #again: { since: ServerDetail; loaded: Loaded } | undefined = $state.raw();
  #joined: readonly Member[] = $state.raw([]);
  /** As members are since they were loaded; worth nothing once they are loaded anew. */
  #updated: { since: Loaded; members: readonly Member[] } | undefined = $state.raw();
  /** Channels that are gone since. */
  #removed: { since: Loaded; channelIds: readonly string[] } | undefined = $state.raw();
  /** Who has left what was loaded; worth nothing once it is loaded anew. */
  #left: { since: Loaded; userIds: readonly string[] } | undefined = $state.raw();
  #added: readonly ChannelState[] = $state.raw([]);
  #presence: Presence | undefined = $state.raw();
  #events = 0;
  #askings = 0;

  readonly #loaded = $derived.by(() => (this.#again?.since === this.#fromPage().server ? this.#again.loaded : this.#fromPage()));
  readonly #leftIds = $derived.by(() => (this.#left?.since.server === this.#loaded.server ? this.#left.userIds : []));
  readonly #updates = $derived.by(() => (this.#updated?.since.server === this.#loaded.server ? this.#updated.members : []));
  readonly #removedIds = $derived.by(() => (this.#removed?.since.server === this.#loaded.server ? this.#removed.channelIds : []));
  readonly #everJoined = $derived.by(() => {
    const all = withNews(this.#loaded.members, this.#joined, this.id, (member) => member.user_id);
    return all.map((member) => this.#updates.find(({ user_id }) => user_id === member.user_id) ?? member);
  });
  readonly id = $derived.by(() => this.#loaded.server.id);
  readonly name = $derived.by(() => this.#loaded.server.name);
  readonly ownerId = $derived.by(() => this.#loaded.server.owner_id);
  readonly me = $derived.by(() => this.#loaded.server.me);
  readonly canInvite = $derived.by(() => this.me.permissions.includes("create_invites"));
  readonly roles = $derived.by(() => this.#loaded.server.roles);
  readonly canManageMembers = $derived.by(() =>
    this.me.permissions.some((permission) => permission === "moderate_members" || permission === "manage_roles"),
  );
  readonly canRemove = $derived.by(() => this.me.permissions.includes("moderate_members"));
  readonly channels = $derived.by(() =>
    withNews(this.#loaded.server.channels, this.#added, this.id, ({ id }) => id).filter(({ id }) => !this.#removedIds.includes(id)),
  );
  readonly members = $derived.by(() => this.#everJoined.filter(({ user_id }) => !this.#leftIds.includes(user_id)));
  readonly memberCount = $derived.by(() => {
    const { members, server } = this.#loaded;
    const isKnown = (id: string) => this.#everJoined.some(({ user_id }) => user_id === id);
    const leftUnseen = members.length < server.member_count ? this.#leftIds.filter((id) => !isKnown(id)).length : 0;
    return server.member_count + (this.members.length - members.length) - leftUnseen;
  });
  /** Who is here now; undefined until somebody looks. */
  readonly online = $derived.by(() => (this.#presence?.serverId === this.id ? this.#presence.online : undefined));
  /** As it was loaded, for what follows it by itself. */
  readonly detail = $derived.by(() => this.#loaded.server);

  readonly #names = $derived.by(() => ({
    ...Object.fromEntries(this.channels.map(({ id, name }) => [id, name])),
    ...Object.fromEntries(this.#loaded.server.roles.map(({ id, name }) => [id, name])),
    ...Object.fromEntries(this.#everJoined.map((member) => [member.user_id, memberName(member)])),
  }));
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- made anew whenever it changes
  readonly #known = $derived.by(() => new Map(this.#everJoined.map((member) => [member.user_id, member])));
  readonly #roleIds = $derived.by(() => ownRoleIds(this.#loaded.server));

  constructor(loaded: () => Loaded) {
    this.#fromPage = loaded;
  }

  /** What a member, a role or a channel is called here. */
  readonly nameOf = (id: string): string | undefined => (Object.hasOwn(this.#names, id) ? this.#names[id] : undefined);

  /** An author as they are called here now; what they said has them as they were called then. */
  readonly authorNow = (author: Author): Author => {
    const member = author.id === null ? undefined : this.#known.get(author.id);
    return member ? { ...author, display_name: member.nickname ?? member.user.display_name, avatar_url: member.user.avatar_url } : author;
  };

  readonly idOf = (username: string): string | undefined => this.members.find(({ user }) => user.username === username)?.user_id;

  /** Does it mention the one who looks? */
  addresses({ names }: Pick<TimelineRow, "names">): boolean {
    if (!names) return false;
    return (
      names.mentions.includes(this.#loaded.server.me.user_id) || (names.mentioned_role_ids ?? []).some((id) => this.#roleIds.includes(id))
    );
  }

  /** Listens to what changes in the server, and asks for all of it again when something may have been missed. Returns how to stop. */
  follow(realtime: Realtime, rest: Pick<Rest, "getServer" | "listMembers">, serverId: string): () => void {
    realtime.connect();
    const reload = new Repeater({ act: () => this.#askAgain(rest, serverId), mayRepeat: () => realtime.isHearing });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const reloadSoon = () => {
      clearTimeout(timer);
      const spread = Math.min(SPREAD_MS.most, this.memberCount * SPREAD_MS.perMember);
      timer = setTimeout(() => reload.start(), Math.random() * spread);
    };
    const subscription = realtime.listen(`server:${serverId}`, {
      onevent: (event) => {
        if (this.#heard(event)) reloadSoon();
      },
      onresumed: () => reload.start(),
    });
    return () => {
      subscription.close();
      reload.stop();
      clearTimeout(timer);
    };
  }

  /** Answers whether more may have changed than it says. */
  #heard(event: EventFrame): boolean {
    this.#events++;
    switch (event.type) {
      case "member_joined":
        this.#came(event.member);
        return false;
      case "member_left":
        this.#went(event.user_id);
        return false;
      case "member_updated":
        this.#updated = { since: this.#loaded, members: [event.member, ...this.#updates] };
        return event.member.user_id === this.me.user_id; // with other roles one sees other channels
      case "channel_created":
        this.#added = [...this.#added, { ...event.channel, head: 0, recent: false, last_read: 0, mention_count: 0 }];
        return false;
      case "channel_deleted":
        this.#removed = { since: this.#loaded, channelIds: [...this.#removedIds, event.channel_id] };
        return false;
      case "channel_updated":
      case "server_updated":
        return true;
      default:
        return false;
    }
  }

  /** Asks who is here, for as long as somebody looks. Returns how to stop. */
  watchPresence(realtime: Realtime, serverId: string): () => void {
    const subscription = realtime.listen(`presence:${serverId}`, {
      onevent: (event) => {
        if (event.type === "presence") this.#presence = { serverId, online: event.online };
      },
    });
    return () => subscription.close();
  }

  /** @throws AgoraError */
  async remove(rest: Pick<Rest, "removeMember">, user_id: string): Promise<void> {
    await rest.removeMember({ server_id: this.id, user_id });
    this.#went(user_id);
  }

  #came(member: Member): void {
    this.#joined = [...this.#joined.filter(({ user_id }) => user_id !== member.user_id), member];
    if (this.#left) this.#left = { ...this.#left, userIds: this.#left.userIds.filter((id) => id !== member.user_id) };
  }

  #went(userId: string): void {
    const since = this.#loaded;
    this.#left = { since, userIds: [...this.#leftIds, userId] };
  }

  /** Not by loading the page again: a network that breaks once more would leave an error page where people are writing. */
  async #askAgain(rest: Pick<Rest, "getServer" | "listMembers">, server_id: string): Promise<void> {
    const since = this.#fromPage().server;
    const asking = ++this.#askings;
    try {
      for (let again = 0; again < ASKED_AGAIN_MAX; again++) {
        const events = this.#events;
        const [server, { members }] = await Promise.all([
          rest.getServer({ server_id }),
          rest.listMembers({ server_id, limit: talkLimits.pageMax }),
        ]);
        if (asking !== this.#askings) return; // a newer one is on its way
        this.#again = { since, loaded: { server, members } };
        this.#added = [];
        this.#joined = [];
        if (events === this.#events) return;
      }
    } catch (error) {
      if (!(error instanceof AgoraError) || isTransient(error)) throw error; // what is shown stays, and is asked for until it comes
    }
  }
}

/** The roles by which somebody is mentioned: their own, and the one that everybody has, which is the last. */
export function ownRoleIds({ me, roles }: Pick<ServerDetail, "me" | "roles">): string[] {
  return [...me.role_ids, ...roles.slice(-1).map(({ id }) => id)];
}
