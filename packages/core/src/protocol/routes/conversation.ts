import { BlockPage, ConversationPage, ConversationState, CreateConversationBody, UpdateConversationBody } from "../conversation";
import { PageQuery } from "../primitives";
import { route } from "../route";
import { inPlace } from "./in-place";

const inDm = inPlace({ reader: "participant", writer: "participant", pinner: "participant", absent: [] });

/** What people say to each other outside of servers. */
export const conversationRoutes = {
  listConversations: route("GET /dms", {
    summary: "The own conversations, the newest activity first",
    who: "account",
    scope: "messages:read",
    query: PageQuery,
    returns: ConversationPage,
    status: [200],
  }),
  createConversation: route("POST /dms", {
    summary: "Start a conversation. With one other it is always the same: 200 if it was there. With more it is a new group",
    who: "account",
    body: CreateConversationBody,
    returns: ConversationState,
    status: [201, 200],
    errors: ["account.not_found", "limit.conversations"],
  }),
  getConversation: route("GET /dms/{dm_id}", {
    summary: "A conversation",
    who: "participant",
    scope: "messages:read",
    returns: ConversationState,
    status: [200],
  }),
  updateConversation: route("PATCH /dms/{dm_id}", {
    summary: "Name a group, bring people in, or, who made it, put people out",
    who: "participant",
    body: UpdateConversationBody,
    returns: ConversationState,
    status: [200],
    errors: ["account.not_found", "conversation.full"],
  }),
  leaveConversation: route("DELETE /dms/{dm_id}", {
    summary: "Leave a group; close a direct conversation until something new is said in it",
    who: "participant",
    status: [204],
  }),
  listBlocks: route("GET /users/@me/blocks", {
    summary: "Whom the account has blocked",
    who: "account",
    query: PageQuery,
    returns: BlockPage,
    status: [200],
  }),
  block: route("PUT /users/@me/blocks/{user_id}", {
    summary: "Block somebody: neither of the two writes in their direct conversation any more",
    who: "account",
    status: [204],
    errors: ["account.not_found", "input.invalid"],
  }),
  unblock: route("DELETE /users/@me/blocks/{user_id}", {
    summary: "Take a block back",
    who: "account",
    status: [204],
    errors: ["account.not_found"],
  }),

  listMessagesInDm: route("GET /dms/{dm_id}/messages", inDm.list),
  sendMessageInDm: route("POST /dms/{dm_id}/messages", inDm.send),
  editMessageInDm: route("PATCH /dms/{dm_id}/messages/{seq}", inDm.edit),
  deleteMessageInDm: route("DELETE /dms/{dm_id}/messages/{seq}", inDm.remove),
  addReactionInDm: route("PUT /dms/{dm_id}/messages/{seq}/reactions/{emoji}", inDm.react),
  removeReactionInDm: route("DELETE /dms/{dm_id}/messages/{seq}/reactions/{emoji}", inDm.unreact),
  listPinsInDm: route("GET /dms/{dm_id}/pins", inDm.pins),
  pinMessageInDm: route("PUT /dms/{dm_id}/pins/{seq}", inDm.pin),
  unpinMessageInDm: route("DELETE /dms/{dm_id}/pins/{seq}", inDm.unpin),
  searchMessagesInDm: route("GET /dms/{dm_id}/search", inDm.search),
  markReadInDm: route("PUT /dms/{dm_id}/read", inDm.markRead),
  typeInDm: route("POST /dms/{dm_id}/typing", inDm.type),
};
