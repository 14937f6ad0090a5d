import * as connection from "@agora/core/realtime/connection";
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
      await connection.remove(connectionId);
      return { statusCode: 200 };
    case "MESSAGE":
      await receive(connectionId, requestId, event.body ?? "");
      return { statusCode: 200 };
  }
}
