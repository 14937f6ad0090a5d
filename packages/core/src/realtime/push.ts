import { channel } from "node:diagnostics_channel";
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { logger } from "../lib/logger";
import { aws, resources } from "../lib/resources";

export interface PushResult {
  /** Connections that do not exist any more. */
  gone: string[];
}

/**
 * Gives one frame to many connections. A connection that cannot be reached is closed, so that its client comes back and resumes where it was:
 * after this returns, each connection has the frame or is on its way to ask for it.
 */
export type Push = (connectionIds: string[], frame: string) => Promise<PushResult>;

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
export const pushByManagementApi: Push = async (connectionIds, frame) => {
  const data = new TextEncoder().encode(frame);
  const gone: string[] = [];
  const waiting = [...connectionIds];
  const work = async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (!(await post(id, data))) gone.push(id);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, connectionIds.length) }, work));
  return { gone };
};

/** False if the connection is gone, or had to be closed. */
async function post(ConnectionId: string, Data: Uint8Array): Promise<boolean> {
  try {
    await management().send(new PostToConnectionCommand({ ConnectionId, Data }));
    return true;
  } catch (error) {
    if (error instanceof GoneException) return false;
    logger.warn("push.failed", { connection_id: ConnectionId }, error);
    await close(ConnectionId);
    return false;
  }
}

/** Closes a connection; it may be gone already. */
async function close(ConnectionId: string): Promise<void> {
  try {
    await management().send(new DeleteConnectionCommand({ ConnectionId }));
  } catch (error) {
    if (!(error instanceof GoneException)) logger.warn("close.failed", { connection_id: ConnectionId }, error);
  }
}

let current: Push = pushByManagementApi;

/** What pushes in this process. The single server gives its own gateway's; see `packages/local`. */
export function usePush(push: Push): void {
  current = push;
}

/** Every push is announced here, as long as somebody listens (the local meter does). */
const pushes = channel("agora:push");

export const push: Push = (connectionIds, frame) => {
  if (pushes.hasSubscribers) pushes.publish({ connections: connectionIds.length, bytes: Buffer.byteLength(frame) });
  return current(connectionIds, frame);
};
