import * as account from "../account/index";
import { asParticipant, assertWritable, participantsNow } from "../conversation/access";
import type { Participation } from "../conversation/access";
import { bringForward } from "../conversation/store";
import type { Account } from "../lib/actor";
import { conversationLog } from "../lib/id";
import { userTopic } from "../lib/topic";
import type { Author, Message } from "../protocol/message";
import { namedIn } from "../protocol/mention";
import type { Hint } from "../realtime/publish";
import type { ConversationPath, Place, Reader } from "./place";

/**
 * Enters a conversation. Nobody has a role there, so what takes a right in a channel takes one thing here: that neither of two has blocked the other.
 * @throws conversation.not_found, auth.denied. Cost: 1 read unit, 1 call.
 */
export async function enterConversation(actor: Account, { dm_id }: ConversationPath, toSay: boolean): Promise<Place> {
  const participation = await asParticipant(actor, dm_id);
  if (toSay) assertWritable(participation);
  return placeOfConversation(actor, participation);
}

const readerOf = (user_id: string): Reader => ({ user_id, role_ids: [] });

function placeOfConversation(actor: Account, participation: Participation): Place {
  const { conversation, participants } = participation;
  const { id } = conversation;
  const userIds = participants.map(({ user_id }) => user_id);
  const audienceNow = participantsNow(id);
  const among = (wanted: readonly string[]) => wanted.filter((userId) => userIds.includes(userId)).map(readerOf);
  return {
    logId: conversationLog(id),
    serverId: undefined,
    audienceNow,
    readersNow: async (wanted) => [...(await audienceNow(wanted))].map(readerOf),
    reader: readerOf(actor.user_id),
    author: () => authorNow(actor),
    readersAmong: (wanted) => Promise.resolve(among(wanted)),
    assertMayPin: () => assertWritable(participation),
    assertMayAttach: () => undefined,
    // There are no roles, and whoever is in it hears of everything that is said: `@everyone` is text.
    namedIn: (content) => Promise.resolve({ readers: among(namedIn(content).userIds), roleIds: [] }),
    pass: ({ after }) => Promise.resolve({ after, wasSaid: () => Promise.resolve() }),
    async noteSaid({ created_at }, opensBurst) {
      const due = participants.filter(({ last_activity_at }) => opensBurst || last_activity_at === undefined);
      await Promise.all(due.map(({ user_id }) => bringForward(id, user_id, created_at)));
    },
    hintOf: (message) => hintOf(message, userIds, audienceNow),
  };
}

/** They are not members of anything that would keep their name beside them. */
async function authorNow(actor: Account): Promise<Author> {
  const { id, username, display_name, avatar_url } = await account.getStaying(actor.user_id);
  return { id, username, display_name, avatar_url };
}

/** The message itself, to all devices of everybody in it that do not look at it. Whoever has left by then is not among them. */
function hintOf(message: Message, userIds: readonly string[], audience: Hint["audience"]): Hint {
  const { log_id: topic, seq } = message;
  return { topics: userIds.map(userTopic), frame: { type: "new_message", topic, seq, message }, audience };
}
