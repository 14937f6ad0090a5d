import { serverTopic } from "../lib/topic";
import { announce } from "../realtime/publish";
import { publicPart } from "./store";
import type { ServerRow } from "./store";

/** Tells everybody who has the server in sight that something about it has changed. Cost: 1 push to each. */
export async function announceServer(server: ServerRow): Promise<void> {
  const topic = serverTopic(server.id);
  await announce(topic, { type: "server_updated", topic, server: publicPart(server), roles: server.roles });
}
