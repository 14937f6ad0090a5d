import { limits } from "../limits";
import { route } from "../route";
import { Consumed, ConsumeQuery, Produced, ProduceBody, PutTopicBody, TopicDetail, TopicPage, TopicPageQuery } from "../stream";

/** Streams of messages. `{topic}` is the name of one of the caller's own topics. */
export const streamRoutes = {
  listTopics: route("GET /topics", {
    summary: "The own topics, in the order of their names",
    who: "account",
    scope: "topics:read",
    query: TopicPageQuery,
    returns: TopicPage,
    status: [200],
    handler: "stream",
  }),
  getTopic: route("GET /topics/{topic}", {
    summary: "A topic, with the offset of its last message",
    who: "account",
    scope: "topics:read",
    returns: TopicDetail,
    status: [200],
    errors: ["topic.not_found"],
    handler: "stream",
  }),
  putTopic: route("PUT /topics/{topic}", {
    summary: "Make a topic, or change how long it keeps its messages and what it is for",
    who: "account",
    scope: "topics:write",
    body: PutTopicBody,
    returns: TopicDetail,
    status: [200, 201],
    errors: ["topic.not_found", "topic.full"],
    handler: "stream",
  }),
  deleteTopic: route("DELETE /topics/{topic}", {
    summary: "Delete a topic with everything in it",
    who: "account",
    scope: "topics:write",
    status: [204],
    errors: ["topic.not_found"],
    handler: "stream",
  }),
  produce: route("POST /topics/{topic}/produce", {
    summary: "Store a message behind the last one, or several at once, all or none. Makes the topic if there is none",
    who: "account",
    scope: "topics:write",
    body: ProduceBody,
    bodyMaxBytes: limits.produceMaxBytes,
    returns: Produced,
    status: [200],
    errors: ["topic.not_found", "topic.full", "topic.offset_moved", "message.conflict"],
    handler: "stream",
  }),
  consume: route("GET /topics/{topic}/consume", {
    summary: "Messages from an offset on, in order. `channel:<id>` gives the messages of a channel that the caller may read",
    who: "account",
    scope: "topics:read",
    query: ConsumeQuery,
    returns: Consumed,
    status: [200],
    errors: ["topic.not_found"],
    handler: "stream",
  }),
};
