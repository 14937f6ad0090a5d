import * as account from "../account/index";
import { conversationLog } from "../lib/id";
import { userTopic } from "../lib/topic";
import * as log from "../log/index";
import { DELETED_USERNAME } from "../protocol/deleted-account";
import type { User } from "../protocol/account";
import type { Conversation, ConversationState } from "../protocol/conversation";
import * as readState from "../read-state/index";
import { announce } from "../realtime/publish";
import { notFound } from "./access";
import type { Participation } from "./access";
import type { Found } from "./store";

/** Conversations as one of those who are in them sees them. Cost: 1 read unit for each, 1 for its mark, and 1 for each account. */
export async function statesFor(userId: string, participations: readonly Participation[]): Promise<ConversationState[]> {
  const logIds = participations.map(({ conversation }) => conversationLog(conversation.id));
  const [users, ends, markOf] = await Promise.all([
    usersIn(participations),
    Promise.all(logIds.map((id) => log.end(id))),
    readState.ofLogs(userId, logIds),
  ]);
  return participations.map((participation, i) => {
    const { head = 0, at } = ends[i] ?? {};
    return {
      ...present(participation, users),
      last_activity_at: at ?? participation.conversation.created_at,
      head,
      ...markOf(logIds[i] ?? ""),
      blocked: participation.own.blocks ?? false,
    };
  });
}

/** As `statesFor`, of one. */
export async function stateFor(userId: string, participation: Participation): Promise<ConversationState> {
  const [state] = await statesFor(userId, [participation]);
  if (!state) throw notFound();
  return state;
}

async function usersIn(found: readonly Found[]): Promise<ReadonlyMap<string, User>> {
  const ids = new Set(found.flatMap(({ participants }) => participants.map(({ user_id }) => user_id)));
  return new Map((await account.findUsers([...ids])).map((user) => [user.id, user]));
}

function present({ conversation, participants }: Found, users: ReadonlyMap<string, User>): Conversation {
  const { participants: _, ...rest } = conversation;
  const present = participants.filter(({ left_at }) => left_at === undefined);
  return {
    ...rest,
    users: present.map(({ user_id, gone }) => (gone ? undefined : users.get(user_id)) ?? deleted(user_id, rest.created_at)),
  };
}

/** What is shown of an account that does not exist any more. */
const deleted = (id: string, created_at: number): User => ({
  id,
  username: DELETED_USERNAME,
  display_name: null,
  avatar_url: null,
  created_at,
});

/** Tells people, on all of their devices, what a conversation of theirs is now. Cost: 1 read unit for each account, and 1 push for each of their connections. */
export async function announceTo(userIds: readonly string[], found: Found): Promise<void> {
  const conversation = present(found, await usersIn([found]));
  await Promise.all(
    userIds.map((userId) => {
      const topic = userTopic(userId);
      return announce(topic, { type: "conversation_updated", topic, conversation });
    }),
  );
}
