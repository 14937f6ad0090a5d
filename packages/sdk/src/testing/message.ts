import type { Message } from "@agora/core/protocol/message";

export function message(seq: number, fields: Partial<Message> = {}): Message {
  return {
    log_id: "channel:chn_1",
    seq,
    author: { id: "usr_1", username: "ada", display_name: null, avatar_url: null },
    content: `message ${seq}`,
    created_at: seq,
    edited_at: null,
    deleted_at: null,
    revision: 1,
    reply_to: null,
    attachments: [],
    reactions: [],
    mentions: [],
    pinned: false,
    ...fields,
  };
}
