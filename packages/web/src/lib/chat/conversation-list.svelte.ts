import type { Conversation, ConversationState } from "@agora/core/protocol/conversation";
import { talkLimits } from "@agora/core/protocol/talk-limits";
import { AgoraError, isTransient } from "@agora/sdk";
import type { EventFrame, ReadMarks, Rest } from "@agora/sdk";
import { untrack } from "svelte";
import type { News } from "./badge";
import { conversationIdIn, conversationTopic } from "./place-api";

/** So many are loaded with the page, and with each look further back. */
const AT_ONCE = talkLimits.pageDefault;

export interface Listed {
  conversations: ConversationState[];
  next_cursor: string | null;
}

interface ConversationListOptions {
  meId: string;
  rest: Pick<Rest, "getConversation" | "listConversations">;
  marks: ReadMarks;
  /** What the page was loaded with. */
  listed: () => Listed;
  /** A group that the person is not in any more. */
  onleft: (conversation: ConversationState) => void;
}

/** The conversations of a person, the one in which something was said last first, followed live. */
export class ConversationList {
  readonly #options: ConversationListOptions;
  /** Worth nothing once the page is loaded anew. */
  #changed: { since: Listed; now: Listed } | undefined = $state.raw();
  /** Marks are no state: this is raised when one of them changes. */
  #version = $state(0);
  /** They are asked about, and need not be asked about twice. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing that is shown depends on it
  readonly #asking = new Set<string>();

  readonly #now = $derived.by(() => {
    const fromPage = this.#options.listed();
    return this.#changed?.since === fromPage ? this.#changed.now : fromPage;
  });
  readonly all = $derived.by(() => {
    void this.#version;
    return this.#now.conversations.map((one) => this.#marked(one)).sort((a, b) => b.last_activity_at - a.last_activity_at);
  });
  /** Where those begin that were not loaded; null: all were. */
  readonly nextCursor = $derived.by(() => this.#now.next_cursor);
  /** Each unread message counts, as a mention does in a channel. */
  readonly total: News = $derived.by(() => this.elsewhere(undefined));

  constructor(options: ConversationListOptions) {
    this.#options = options;
  }

  find(id: string): ConversationState | undefined {
    return this.all.find((one) => one.id === id);
  }

  /** What is new besides this one. */
  elsewhere(id: string | undefined): News {
    const count = this.all.filter((one) => one.id !== id).reduce((sum, one) => sum + unreadIn(one), 0);
    return { unread: count > 0, mention_count: count };
  }

  /** Takes in what the page was loaded with. */
  learn(conversations: readonly ConversationState[]): void {
    this.#options.marks.load(
      conversations.map((one) => ({ ...one, topic: conversationTopic(one.id) })),
      [],
    );
    this.marksChanged();
  }

  /** Takes in one that was loaded by itself, or started. */
  add(conversation: ConversationState): void {
    this.learn([conversation]);
    untrack(() => this.#put(conversation));
  }

  remove(id: string): void {
    this.#replace(this.#now.conversations.filter((one) => one.id !== id));
  }

  /** What is shown may be told from an effect, which must not come to depend on this. */
  marksChanged(): void {
    untrack(() => this.#version++);
  }

  heard(event: EventFrame): void {
    if (event.type === "conversation_updated") this.#updated(event.conversation);
    else if (event.type === "conversation_left") this.#left(event.conversation_id);
    else if (event.type === "new_message") {
      const id = conversationIdIn(event.topic);
      const known = id === undefined ? undefined : this.find(id);
      if (known) this.#put({ ...known, last_activity_at: Math.max(known.last_activity_at, event.message.created_at) });
      else if (id !== undefined) void this.#ask(id);
      if (event.message.author.id === this.#options.meId) this.#haveSaid(event.topic, event.seq);
    }
  }

  /** Something may have been missed. @throws AgoraError */
  async reload(): Promise<void> {
    const since = this.#options.listed();
    const page = await this.#options.rest.listConversations({ limit: AT_ONCE });
    this.#changed = { since, now: page };
    this.learn(page.conversations);
  }

  /** @throws AgoraError */
  async loadMore(): Promise<void> {
    const { next_cursor } = this.#now;
    if (next_cursor === null) return;
    const page = await this.#options.rest.listConversations({ limit: AT_ONCE, cursor: next_cursor });
    const isKnown = (id: string) => this.#now.conversations.some((one) => one.id === id);
    this.#replace([...this.#now.conversations, ...page.conversations.filter(({ id }) => !isKnown(id))], page.next_cursor);
    this.learn(page.conversations);
  }

  /** Whoever says something behind all that they have read has read it, though they may have turned to another page meanwhile. */
  #haveSaid(topic: string, seq: number): void {
    const { marks } = this.#options;
    if ((marks.of(topic)?.last_read ?? 0) !== seq - 1) return;
    const look = marks.look(topic);
    look.shown(seq);
    look.stop();
  }

  #updated(conversation: Conversation): void {
    const known = this.find(conversation.id);
    if (known) this.#put({ ...known, ...conversation });
    else void this.#ask(conversation.id);
  }

  #left(id: string): void {
    const known = this.find(id);
    this.remove(id);
    if (known?.kind !== "group") return; // a direct one was closed
    this.#options.marks.forget((topic) => topic === conversationTopic(id));
    this.#options.onleft(known);
  }

  async #ask(dm_id: string): Promise<void> {
    if (this.#asking.has(dm_id)) return;
    this.#asking.add(dm_id);
    try {
      this.add(await this.#options.rest.getConversation({ dm_id }));
    } catch (error) {
      // It was left meanwhile; or the next message asks again.
      if (!(error instanceof AgoraError)) throw error;
      if (isTransient(error)) return;
    } finally {
      this.#asking.delete(dm_id);
    }
  }

  #put(conversation: ConversationState): void {
    this.#replace([conversation, ...this.#now.conversations.filter(({ id }) => id !== conversation.id)]);
  }

  #replace(conversations: ConversationState[], next_cursor = this.#now.next_cursor): void {
    this.#changed = { since: this.#options.listed(), now: { conversations, next_cursor } };
  }

  #marked(conversation: ConversationState): ConversationState {
    const mark = this.#options.marks.of(conversationTopic(conversation.id));
    if (!mark) return conversation;
    const { head, last_read, mention_count } = mark;
    return { ...conversation, head, last_read, mention_count };
  }
}

/** How many messages stand behind the mark. */
export const unreadIn = ({ head, last_read }: Pick<ConversationState, "head" | "last_read">): number => Math.max(0, head - last_read);
