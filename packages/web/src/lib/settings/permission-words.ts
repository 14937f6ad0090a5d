import type { Permission } from "@agora/core/protocol/role";

/** What a permission is called, and what it lets people do. */
export const permissionWords: Record<Permission, { label: string; meaning: string }> = {
  manage_server: {
    label: "Manage server",
    meaning: "Change the name and description, read the audit log, make passwords, and see and revoke everybody's invites.",
  },
  manage_channels: {
    label: "Manage channels",
    meaning: "Make, change, order and delete channels. They see all of them, private ones too.",
  },
  manage_roles: { label: "Manage roles", meaning: "Make and change roles below their own, and give them to members." },
  create_invites: { label: "Invite people", meaning: "Make links by which other people join." },
  moderate_members: {
    label: "Moderate members",
    meaning: "Give time-outs, change nicknames, and remove or ban members who stand below them.",
  },
  moderate_messages: { label: "Moderate messages", meaning: "Delete anybody's messages, pin messages, and deal with reports." },
  mention_everyone: { label: "Mention everyone", meaning: "Call all members at once by writing @everyone." },
  send_messages: { label: "Send messages", meaning: "Write in the channels that they can see." },
  attach_files: { label: "Attach files", meaning: "Add pictures and other files to what they write." },
  use_voice: { label: "Use voice", meaning: "Speak and listen in voice channels." },
};

/** For those who run the server, and for everybody. */
export const permissionGroups: readonly { title: string; permissions: readonly Permission[] }[] = [
  { title: "Running the server", permissions: ["manage_server", "manage_channels", "manage_roles"] },
  { title: "Looking after people", permissions: ["moderate_members", "moderate_messages"] },
  { title: "Taking part", permissions: ["send_messages", "attach_files", "mention_everyone", "create_invites", "use_voice"] },
];
