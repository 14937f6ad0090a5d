import { isAppError } from "@agora/core/error";
import { logger } from "@agora/core/logger";
import * as connection from "@agora/core/realtime/connection";
import type { APIGatewayProxyResultV2, APIGatewayProxyWebsocketEventV2 } from "aws-lambda";
import { isOwnOrigin } from "./origin";

/** A `$connect` event has these, though the type of the other events has not. */
type ConnectEvent = APIGatewayProxyWebsocketEventV2 & {
  headers?: Record<string, string | undefined>;
  queryStringParameters?: Record<string, string | undefined>;
};

/** Lets the connection in or refuses the upgrade: 403 for a page of another site, 401 without a ticket that is good. */
export async function connect(event: ConnectEvent): Promise<APIGatewayProxyResultV2> {
  const { connectionId, requestId } = event.requestContext;
  if (!isOwnOrigin(event.headers ?? {})) return { statusCode: 403 };
  try {
    await connection.open(connectionId, event.queryStringParameters?.["ticket"] ?? "");
    return { statusCode: 200 };
  } catch (error) {
    if (isAppError(error, "auth.invalid")) return { statusCode: 401 };
    if (isAppError(error, "limit.sockets")) return { statusCode: 429 };
    const isPassing = isAppError(error, "unavailable");
    logger[isPassing ? "warn" : "error"]("connect.failed", { request_id: requestId, connection_id: connectionId }, error);
    return { statusCode: isPassing ? 503 : 500 };
  }
}
