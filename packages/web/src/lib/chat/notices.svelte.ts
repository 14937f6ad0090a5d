import type { Message } from "@agora/core/protocol/message";
import type { EventFrame, Realtime } from "@agora/sdk";
import { untrack } from "svelte";
import { plainText } from "$lib/markup/plain-text";
import type { ConversationList } from "./conversation-list.svelte";
import { conversationName, personName } from "./conversation-names";
import { conversationIdIn, hrefOfConversation } from "./place-api";

/** Something that was said where the person does not look. */
export interface Notice {
  key: string;
  conversationId: string;
  /** Where it leads. */
  href: string;
  /** Who said it; in a group also where. */
  title: string;
  /** One line of what was said. */
  text: string;
}

/** It goes by itself after this long, unless somebody is with it. */
export const NOTICE_MS = 6_000;
const SHOWN_MAX = 3;
const TEXT_MAX = 140;
/** The same message may come twice, by two connections: so many are remembered. */
const REMEMBERED = 200;

interface NoticesOptions {
  meId: string;
  realtime: Pick<Realtime, "onevent">;
  conversations: Pick<ConversationList, "find">;
  /** Is the conversation on the screen, and somebody before it? */
  isLookedAt: (conversationId: string) => boolean;
  /** Nobody sees the page: it may be told by the browser. */
  onunseen: (notice: Notice) => void;
  isSeen: () => boolean;
}

/** Tells what is said in conversations to a person who looks at something else: the newest three at most. */
export class Notices {
  shown: readonly Notice[] = $state.raw([]);
  readonly #options: NoticesOptions;
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing that is shown depends on it
  readonly #told = new Set<string>();
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing that is shown depends on it
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** Somebody reads them, or is about to choose one. */
  #isHeld = false;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** Returns how to stop. */
  start(): () => void {
    const ignore = this.#options.realtime.onevent((event) => this.#heard(event));
    return () => {
      ignore();
      for (const { key } of this.shown) this.dismiss(key);
    };
  }

  dismiss(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    this.shown = this.shown.filter((notice) => notice.key !== key);
  }

  /** The conversation is looked at now: there is nothing to tell of it. */
  dismissAllOf(conversationId: string): void {
    untrack(() => {
      for (const notice of this.shown) if (notice.conversationId === conversationId) this.dismiss(notice.key);
    });
  }

  /** They stay for as long as somebody points at one of them or has the focus in it. */
  hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    for (const { key } of this.shown) {
      clearTimeout(this.#timers.get(key));
      if (!isHeld) this.#goLater(key);
    }
  }

  #heard(event: EventFrame): void {
    if (event.type === "conversation_left") return this.dismissAllOf(event.conversation_id);
    if (event.type !== "new_message") return;
    const id = conversationIdIn(event.topic);
    const { message } = event;
    const { meId, isLookedAt, isSeen, onunseen } = this.#options;
    if (id === undefined || message.author.id === meId || message.content === null || isLookedAt(id)) return;
    const key = `${event.topic}#${event.seq}`;
    if (this.#told.has(key)) return;
    this.#remember(key);
    const notice = this.#noticeOf(key, id, message);
    if (!isSeen()) return onunseen(notice);
    for (const old of this.shown.slice(0, Math.max(0, this.shown.length - SHOWN_MAX + 1))) this.dismiss(old.key);
    this.shown = [...this.shown, notice];
    if (!this.#isHeld) this.#goLater(key);
  }

  #noticeOf(key: string, conversationId: string, { author, content }: Message): Notice {
    const { conversations, meId } = this.#options;
    const conversation = conversations.find(conversationId);
    const who = personName(author);
    const nameOf = (id: string) => {
      const user = conversation?.users.find((one) => one.id === id);
      return user && personName(user);
    };
    const line = plainText(content ?? "", nameOf)
      .replace(/\s+/gu, " ")
      .trim();
    return {
      key,
      conversationId,
      href: hrefOfConversation(conversationId),
      title: conversation?.kind === "group" ? `${who} in ${conversationName(conversation, meId)}` : who,
      text: line.length > TEXT_MAX ? `${Array.from(line).slice(0, TEXT_MAX).join("")}…` : line,
    };
  }

  #goLater(key: string): void {
    this.#timers.set(
      key,
      setTimeout(() => this.dismiss(key), NOTICE_MS),
    );
  }

  #remember(key: string): void {
    this.#told.add(key);
    const [oldest] = this.#told;
    if (oldest !== undefined && this.#told.size > REMEMBERED) this.#told.delete(oldest);
  }
}
