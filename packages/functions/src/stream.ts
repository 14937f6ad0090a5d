import * as stream from "@agora/core/stream";
import { httpHandler, WithStatus } from "./http/handler";

/** Routes that may wait for long: whoever waits holds a copy of this function, and none of another one. */
export const handler = httpHandler({
  listTopics: stream.list,
  getTopic: stream.get,
  putTopic: async (actor, input) => {
    const { topic, created } = await stream.put(actor, input);
    return new WithStatus(created ? 201 : 200, topic);
  },
  deleteTopic: stream.remove,
  produce: stream.produce,
  consume: stream.consume,
  listGroups: stream.listGroups,
  getGroup: stream.getGroup,
  putGroup: async (actor, input) => {
    const { group, created } = await stream.putGroup(actor, input);
    return new WithStatus(created ? 201 : 200, group);
  },
  deleteGroup: stream.removeGroup,
  poll: stream.poll,
  commit: stream.commit,
});
