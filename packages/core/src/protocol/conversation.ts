import * as v from "valibot";
import { User } from "./account";
import { ReadMark } from "./channel";
import { limits } from "./limits";
import { Id, PageEnd, SeqOrZero, Timestamp } from "./primitives";
import { line, orNull } from "./text";

/** What people say to each other outside of servers. */
export const Conversation = v.strictObject({
  id: Id("dm"),
  /** `direct`: of two people, who have one and the same for ever. */
  kind: v.picklist(["direct", "group"]),
  /** Of a group: what it is called; null: after those who are in it. */
  name: v.nullable(v.string()),
  /** Who is in it, also the one who asks. */
  users: v.array(User),
  created_by: Id("usr"),
  created_at: Timestamp,
});
export type Conversation = v.InferOutput<typeof Conversation>;

/** A conversation as one of those who are in it sees it. */
export const ConversationState = v.strictObject({
  ...Conversation.entries,
  /** When the last message was said; until there is one, when it was started. */
  last_activity_at: Timestamp,
  /** The number of its last message. */
  head: SeqOrZero,
  ...ReadMark.entries,
  /** A direct one with somebody whom the asking account has blocked: nothing can be said in it. */
  blocked: v.boolean(),
});
export type ConversationState = v.InferOutput<typeof ConversationState>;

export const ConversationPage = v.strictObject({ conversations: v.array(ConversationState), ...PageEnd });
export type ConversationPage = v.InferOutput<typeof ConversationPage>;

/** The own id may be among them, and doubles: they are left out. */
const UserIds = v.pipe(
  v.array(Id("usr")),
  v.maxLength(2 * limits.participantsMax, `must name at most ${limits.participantsMax}`),
  v.transform((ids) => [...new Set(ids)]),
);

/** One other: the direct conversation with them. More: a new group. */
export const CreateConversationBody = v.strictObject({ user_ids: UserIds });
export type CreateConversationBody = v.InferOutput<typeof CreateConversationBody>;

export const UpdateConversationBody = v.partial(
  v.strictObject({
    name: orNull(line(0, limits.conversationName.max)),
    add_user_ids: UserIds,
    remove_user_ids: UserIds,
  }),
);
export type UpdateConversationBody = v.InferOutput<typeof UpdateConversationBody>;

export const BlockPage = v.strictObject({ users: v.array(User), ...PageEnd });
export type BlockPage = v.InferOutput<typeof BlockPage>;
