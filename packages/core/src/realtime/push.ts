import { channel } from "node:diagnostics_channel";
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { logger } from "../lib/logger";
import { aws, resources } from "../lib/resources";
import { socketsOfThisProcess } from "./sockets";
import type { Push, PushResult, Sockets } from "./sockets";

/** Posts under way at once: more would queue in the SDK's sockets anyway. */
const CONCURRENCY = 50;

let client: ApiGatewayManagementApiClient | undefined;
const management = () =>
  (client ??= new ApiGatewayManagementApiClient({
    region: aws.region,
    credentials: aws.credentials,
    endpoint: resources.socket.managementEndpoint,
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  }));

/** Pushes by API Gateway's management API. Cost: $1 per million pushes of up to 32 KB. */
const pushByManagementApi: Push = async (connectionIds, frame) => {
  const data = new TextEncoder().encode(frame);
  const result: PushResult = { gone: [], failed: [] };
  const waiting = [...connectionIds];
  const work = async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const outcome = await post(id, data);
      if (outcome !== "sent") result[outcome].push(id);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, connectionIds.length) }, work));
  return result;
};

async function post(ConnectionId: string, Data: Uint8Array): Promise<"sent" | "gone" | "failed"> {
  try {
    await management().send(new PostToConnectionCommand({ ConnectionId, Data }));
    return "sent";
  } catch (error) {
    if (!(error instanceof GoneException)) logger.warn("push.failed", { connection_id: ConnectionId }, error);
    return closeOne(ConnectionId); // also one that is said to be gone: it will be forgotten, and must not go on without knowing
  }
}

async function closeOne(ConnectionId: string): Promise<"gone" | "failed"> {
  try {
    await management().send(new DeleteConnectionCommand({ ConnectionId }));
    return "gone";
  } catch (error) {
    if (error instanceof GoneException) return "gone";
    logger.warn("close.failed", { connection_id: ConnectionId }, error);
    return "failed"; // what fails for both is a throttle or the network: its listeners stay, and the push is repeated
  }
}

const managementApi: Sockets = {
  push: pushByManagementApi,
  close: async (connectionIds) => {
    const outcomes = await Promise.all(connectionIds.map(closeOne));
    return connectionIds.filter((_, i) => outcomes[i] === "failed");
  },
};

const sockets = () => socketsOfThisProcess() ?? managementApi;

/** Every push is announced here, as long as somebody listens (the local meter does). */
const pushes = channel("agora:push");

export const push: Push = (connectionIds, frame) => {
  if (pushes.hasSubscribers) pushes.publish({ connections: connectionIds.length, bytes: Buffer.byteLength(frame) });
  return sockets().push(connectionIds, frame);
};

/** Ends connections from our side. */
export const close: Sockets["close"] = (connectionIds) => sockets().close(connectionIds);
