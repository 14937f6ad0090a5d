import type { NameOf } from "$lib/markup/plain-text";

const MENTION = /<@&?((?:usr|rol)_[0-9a-z]{1,60})>/gu;

/** The words of a message as somebody changes them: with names in the place of mentions, and how to put the mentions back. */
export interface Editable {
  text: string;
  restore: (typed: string) => string;
}

/** Two who are called the same stay as they are written: nobody could tell which of them is meant. */
export function toEditable(content: string, nameOf: NameOf): Editable {
  const mentionOf = new Map<string, string>();
  const text = content.replace(MENTION, (mention, id: string) => {
    const name = nameOf(id);
    const typed = `@${name}`;
    if (name === undefined || (mentionOf.get(typed) ?? mention) !== mention) return mention;
    mentionOf.set(typed, mention);
    return typed;
  });
  // The longest first: one name may be the beginning of another.
  const names = [...mentionOf.keys()].sort((a, b) => b.length - a.length);
  return {
    text,
    restore: (changed) => names.reduce((written, typed) => written.replace(wholeName(typed), () => mentionOf.get(typed) ?? typed), changed),
  };
}

const wholeName = (typed: string) => new RegExp(`(?<![\\p{L}\\p{N}_/.])${escape(typed)}(?![\\p{L}\\p{N}_])`, "gu");

const escape = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
