import type { IconName } from "$lib/components/Icon.svelte";
import type { Permission } from "@agora/core/protocol/role";

interface Section {
  /** Its part of the address. */
  id: string;
  label: string;
  icon: IconName;
  /** Who it is for; null: every member. */
  permission: Permission | null;
}

export interface SectionGroup {
  title: string;
  sections: readonly Section[];
}

const groups: readonly SectionGroup[] = [
  {
    title: "Server",
    sections: [
      { id: "overview", label: "Overview", icon: "sliders", permission: "manage_server" },
      { id: "channels", label: "Channels", icon: "hash", permission: "manage_channels" },
      { id: "roles", label: "Roles", icon: "shield", permission: "manage_roles" },
    ],
  },
  {
    title: "People",
    sections: [
      { id: "members", label: "Members", icon: "people", permission: null },
      { id: "invites", label: "Invites", icon: "invite", permission: null },
      { id: "passwords", label: "Passwords", icon: "key", permission: "manage_server" },
    ],
  },
  {
    title: "Safety",
    sections: [
      { id: "reports", label: "Reports", icon: "flag", permission: "moderate_messages" },
      { id: "bans", label: "Bans", icon: "ban", permission: "moderate_members" },
      { id: "audit", label: "Audit log", icon: "list", permission: "manage_server" },
    ],
  },
];

/** Those of the own account. */
export const accountSections: readonly SectionGroup[] = [
  {
    title: "You",
    sections: [
      { id: "profile", label: "Profile", icon: "person", permission: null },
      { id: "security", label: "Account", icon: "lock", permission: null },
      { id: "sessions", label: "Sessions", icon: "screen", permission: null },
      { id: "blocked", label: "Blocked people", icon: "ban", permission: null },
    ],
  },
  {
    title: "Bots and scripts",
    sections: [
      { id: "keys", label: "Access keys", icon: "key", permission: null },
      { id: "topics", label: "Topics", icon: "list", permission: null },
    ],
  },
  { title: "This browser", sections: [{ id: "appearance", label: "Appearance", icon: "sun", permission: null }] },
];

/** The sections of a server's settings that somebody with these permissions may open. */
export function sectionsFor(permissions: readonly Permission[]): SectionGroup[] {
  const mayOpen = ({ permission }: Section) => permission === null || permissions.includes(permission);
  return groups.map(({ title, sections }) => ({ title, sections: sections.filter(mayOpen) })).filter(({ sections }) => sections.length > 0);
}
