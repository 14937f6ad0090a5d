import type { Scope } from "@agora/core/protocol/access-key";

/** What a scope of an access key is called, and what it opens. */
export const scopeWords: Record<Scope, { label: string; meaning: string }> = {
  "messages:read": {
    label: "Read messages",
    meaning: "The servers, members and conversations that you see, and what is said there.",
  },
  "messages:write": {
    label: "Send messages",
    meaning: "Send, edit, delete and react wherever you may, and mark as read. In your name.",
  },
  "topics:read": { label: "Read topics", meaning: "What was produced to your topics, and the logs of channels that you see." },
  "topics:write": { label: "Write topics", meaning: "Make your topics, produce to them, and delete them." },
};

/** In the order in which they are offered. */
export const scopeOrder: readonly Scope[] = ["messages:read", "messages:write", "topics:read", "topics:write"];
