import { withTone } from "$lib/emoji/all";
import { readRemembered } from "$lib/emoji/remembered";
import { findEmoji } from "$lib/emoji/search";

export interface Person {
  id: string;
  /** What they are called here. */
  name: string;
  username: string;
  avatar_url: string | null;
}

/** What can be named in a place. */
export interface Names {
  people: readonly Person[];
  /** The last is the one that everybody has. */
  roles: readonly { id: string; name: string; color: string | null }[];
  mayEveryone: boolean;
  /** Looks among all, also those that are not loaded. Absent: all are. */
  find?: ((query: string) => Promise<readonly Person[]>) | undefined;
  /** Somebody who may not be among `people` was named. */
  onnamed?: ((person: Person) => unknown) | undefined;
}

export interface Candidate {
  key: string;
  /** Takes the place of what was typed. */
  text: string;
  name: string;
  /** What tells it from others of that name. */
  hint: string;
  emoji?: string;
  person?: Person;
  color?: string | null;
}

export const SHOWN_MAX = 8;

/** The people, roles and everyone that begin so, those whose name begins so before those in whose name a word does. */
export function nameCandidates({ people, roles, mayEveryone }: Names, query: string): Candidate[] {
  const persons = people.map((person): Candidate => {
    const { id, name, username } = person;
    return { key: id, text: `@${username}`, name, hint: username, person };
  });
  const groups = roles.slice(0, -1).map(({ id, name, color }): Candidate => ({ key: id, text: `@${name}`, name, hint: "role", color }));
  const everyone: Candidate[] = mayEveryone ? [{ key: "everyone", text: "@everyone", name: "everyone", hint: "all who see this" }] : [];
  const typed = query.toLowerCase();
  return [...persons, ...groups, ...everyone]
    .map((candidate) => ({ candidate, rank: rankOf(candidate, typed) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, SHOWN_MAX)
    .map(({ candidate }) => candidate);
}

function rankOf({ name, text }: Candidate, typed: string): number {
  const lower = name.toLowerCase();
  if (text.slice(1).toLowerCase().startsWith(typed)) return 0;
  if (lower.startsWith(typed)) return 1;
  return lower.split(/[\s_.-]+/u).some((word) => word.startsWith(typed)) ? 2 : Infinity;
}

/** The emoji that are called so, in the tone of skin that was chosen. */
export function emojiCandidates(query: string, storage: Pick<Storage, "getItem" | "setItem">): Candidate[] {
  const { tone } = readRemembered(storage);
  return findEmoji(query, SHOWN_MAX).map((found) => {
    const emoji = withTone(found, tone);
    return { key: found.emoji, text: emoji, name: `:${found.shortcodes[0] ?? found.name}:`, hint: "", emoji };
  });
}
