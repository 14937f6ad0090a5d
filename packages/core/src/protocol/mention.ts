/** What a text names: `<@usr_…>`, `<@&rol_…>` and `@everyone`. Whether that is anybody, and may be named, is another question. */
export interface Named {
  userIds: string[];
  roleIds: string[];
  everyone: boolean;
}

const MENTION = /<@(&?)((?:usr|rol)_[0-9a-z]{1,60})>|(?<![\w@])@everyone\b/gu;

/** Finds who is named in a text, each once, in the order of the text. */
export function namedIn(content: string): Named {
  const users = new Set<string>();
  const roles = new Set<string>();
  let everyone = false;
  for (const [, isRole, id] of content.matchAll(MENTION)) {
    if (id === undefined) everyone = true;
    else if (isRole && id.startsWith("rol_")) roles.add(id);
    else if (!isRole && id.startsWith("usr_")) users.add(id);
  }
  return { userIds: [...users], roleIds: [...roles], everyone };
}
