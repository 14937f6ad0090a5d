import type { User } from "@agora/core/protocol/account";
import type { ChannelState } from "@agora/core/protocol/channel";
import type { ConversationState } from "@agora/core/protocol/conversation";
import type { ServerDetail, ServerListItem } from "@agora/core/protocol/server";
import { AgoraError } from "@agora/sdk";
import type { Rest } from "@agora/sdk";
import type { News } from "../badge";
import { unreadIn } from "../conversation-list.svelte";
import { conversationName, othersIn, personName } from "../conversation-names";
import type { Inbox } from "../inbox.svelte";
import { PeopleSearch } from "../people-search.svelte";
import { hrefOfConversation, hrefOfServer } from "../place-api";
import { folded, rankOf } from "./rank";

/** Something that one can go to. */
export interface Target {
  key: string;
  name: string;
  /** What tells it from others of that name. */
  hint: string;
  /** By what else it is found. */
  alias: string;
  news: News;
  /** Null: a conversation with this person would have to be opened. */
  href: string | null;
  of: { server: ServerListItem } | { channel: ChannelState } | { conversation: ConversationState } | { person: User };
}

const SHOWN_MAX = 12;
const LOADED_MAX = 20;
const AT_ONCE = 3;
const NONE: News = { unread: false, mention_count: 0 };

interface SwitcherOptions {
  meId: string;
  inbox: Pick<Inbox, "servers" | "conversations" | "of">;
  rest: Pick<Rest, "getServer" | "searchUsers">;
  /** The server that is open, whose channels are known. */
  open: Pick<ServerDetail, "id" | "channels"> | undefined;
  /** The pages of the places in which one was last, the newest first, and where one is. */
  recent: readonly string[];
  here: string;
}

/**
 * Finds servers, channels, conversations and people by a part of their name.
 * Cost: 1 request for each server whose channels are not known, when it is opened: at most 20, 3 at a time; and 1 for people at each pause in typing.
 */
export class Switcher {
  typed = $state("");
  readonly #options: SwitcherOptions;
  readonly #people: PeopleSearch;
  /** By server. */
  #channels: Readonly<Record<string, readonly ChannelState[]>> = $state.raw({});
  #isEnded = false;

  readonly #all = $derived.by((): Target[] => {
    const { inbox, meId } = this.#options;
    const servers = inbox.servers.map((server): Target => {
      const { id: key, name } = server;
      return { key, name, hint: "Server", alias: "", news: server, href: `/channels/${key}`, of: { server } };
    });
    const channels = inbox.servers.flatMap(({ id, name: hint }) =>
      (this.#channels[id] ?? []).map((channel): Target => {
        const href = hrefOfServer(id) + channel.id;
        return { key: channel.id, name: channel.name, hint, alias: hint, news: inbox.of(channel), href, of: { channel } };
      }),
    );
    const conversations = inbox.conversations.all.map((conversation): Target => {
      const others = othersIn(conversation, meId);
      const count = unreadIn(conversation);
      return {
        key: conversation.id,
        name: conversationName(conversation, meId),
        hint: conversation.kind === "group" ? `${conversation.users.length} people` : `@${others[0]?.username ?? ""}`,
        alias: others.map((user) => `${user.username} ${personName(user)}`).join(" "),
        news: { unread: count > 0, mention_count: count },
        href: hrefOfConversation(conversation.id),
        of: { conversation },
      };
    });
    return [...conversations, ...channels, ...servers];
  });

  /** People to whom there is no conversation yet. */
  readonly #strangers = $derived.by((): Target[] => {
    const { inbox, meId } = this.#options;
    const direct = inbox.conversations.all.filter(({ kind }) => kind === "direct");
    const isKnown = (id: string) => id === meId || direct.some(({ users }) => users.some((user) => user.id === id));
    return (this.#people.found ?? [])
      .filter(({ id }) => !isKnown(id))
      .map((person) => ({
        key: person.id,
        name: personName(person),
        hint: `@${person.username}`,
        alias: person.username,
        news: NONE,
        href: null,
        of: { person },
      }));
  });

  /** What is offered: for nothing typed, where one was last, and then what is new. */
  readonly found = $derived.by((): readonly Target[] => {
    const typed = folded(this.typed.trim().replace(/^[#@]/, ""));
    if (typed === "") return this.#unasked();
    return [...this.#all, ...this.#strangers]
      .map((target) => ({
        target,
        rank: Math.min(rankOf(typed, folded(target.name)), 0.5 + rankOf(typed, folded(target.alias))),
        was: this.#wasAt(target),
      }))
      .filter(({ rank }) => rank < Infinity)
      .sort((a, b) => a.rank - b.rank || (a.was === b.was ? 0 : a.was - b.was) || a.target.name.length - b.target.name.length)
      .slice(0, SHOWN_MAX)
      .map(({ target }) => target);
  });

  constructor(options: SwitcherOptions) {
    this.#options = options;
    this.#people = new PeopleSearch(options.rest);
    if (options.open) this.#channels = { [options.open.id]: options.open.channels };
  }

  type(typed: string): void {
    this.typed = typed;
    this.#people.lookFor(typed.startsWith("#") ? "" : typed);
  }

  /** Asks for the channels of the other servers. What cannot be had is not offered. */
  async load(): Promise<void> {
    const wanted = this.#options.inbox.servers.map(({ id }) => id).filter((id) => !this.#channels[id]);
    const waiting = wanted.slice(0, LOADED_MAX);
    const work = async () => {
      for (let id = waiting.shift(); id !== undefined && !this.#isEnded; id = waiting.shift()) {
        const server = await this.#options.rest.getServer({ server_id: id }).catch(orNothing);
        if (server) this.#channels = { ...this.#channels, [server.id]: server.channels };
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  stop(): void {
    this.#isEnded = true;
    this.#people.lookFor("");
  }

  #unasked(): Target[] {
    const elsewhere = this.#all.filter(({ href }) => href !== this.#options.here);
    const recent = elsewhere.filter((target) => this.#wasAt(target) < Infinity).sort((a, b) => this.#wasAt(a) - this.#wasAt(b));
    const others = elsewhere.filter((target) => !recent.includes(target));
    const isNew = ({ news, of }: Target) => news.unread && !("server" in of);
    return [...recent, ...others.filter(isNew), ...others.filter((target) => !isNew(target))].slice(0, SHOWN_MAX);
  }

  #wasAt({ href }: Target): number {
    const index = href === null ? -1 : this.#options.recent.indexOf(href);
    return index === -1 ? Infinity : index;
  }
}

function orNothing(error: unknown): undefined {
  if (!(error instanceof AgoraError)) throw error;
}
