import { outsideCode } from "@agora/core/protocol/markup/code-spans";

/** An address is no mention, nor is what stands inside a word. */
const TYPED = /(?<![\w@/.])@([a-z0-9_.]{2,32})(?![\w@])/giu;

/** Who can be named: accounts by their username, roles by their name. */
export interface Nameable {
  idOf: (username: string) => string | undefined;
  roles?: readonly { id: string; name: string }[];
}

/**
 * Writes `@username` and `@role` as the mention of the account or the role, where it is exactly the name of one, in any case, and not in code.
 * A full stop behind it may end the sentence. A name that an account and a role have is the account's.
 */
export function writeMentions(text: string, { idOf, roles = [] }: Nameable): string {
  return outsideCode(text, (plain) => writeRoles(writeAccounts(plain, idOf), roles));
}

function writeAccounts(text: string, idOf: Nameable["idOf"]): string {
  return text.replace(TYPED, (typed, name: string) => {
    const whole = idOf(name.toLowerCase());
    if (whole) return `<@${whole}>`;
    const [, stem = "", dots = ""] = /^(.*?)(\.*)$/.exec(name) ?? [];
    const id = dots && idOf(stem.toLowerCase());
    return id ? `<@${id}>${dots}` : typed;
  });
}

/** Names of roles may have spaces in them: the longest that fits is meant. */
function writeRoles(text: string, roles: readonly { id: string; name: string }[]): string {
  const ids = new Map(roles.filter(({ name }) => name !== "everyone").map(({ id, name }) => [name.toLowerCase(), id]));
  if (ids.size === 0 || !text.includes("@")) return text;
  const names = [...ids.keys()].sort((a, b) => b.length - a.length).map((name) => name.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&"));
  const role = new RegExp(`(?<![\\w@/.<])@(${names.join("|")})(?![\\p{L}\\p{N}_@])`, "giu");
  return text.replace(role, (typed, name: string) => {
    const id = ids.get(name.toLowerCase());
    return id ? `<@&${id}>` : typed;
  });
}
