import * as connection from "@agora/core/realtime/connection";
import { logger } from "@agora/core/logger";
import type { APIGatewayProxyResultV2, APIGatewayProxyWebsocketEventV2 } from "aws-lambda";
import { connect } from "./socket/connect";
import { receive } from "./socket/receive";

/** Everything that happens on the WebSocket API. */
export async function handler(event: APIGatewayProxyWebsocketEventV2): Promise<APIGatewayProxyResultV2> {
  const { connectionId, eventType, requestId } = event.requestContext;
  switch (eventType) {
    case "CONNECT":
      return connect(event);
    case "DISCONNECT":
      await disconnect(connectionId);
      return { statusCode: 200 };
    case "MESSAGE":
      await receive(connectionId, requestId, event.body ?? "");
      return { statusCode: 200 };
  }
}

/** Only a tidying up, which nobody repeats: what it leaves behind is found gone at the next push, or expires. */
async function disconnect(connectionId: string): Promise<void> {
  try {
    await connection.remove(connectionId);
  } catch (error) {
    logger.warn("disconnect.failed", { connection_id: connectionId }, error);
  }
}
