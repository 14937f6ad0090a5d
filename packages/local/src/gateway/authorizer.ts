import type { APIGatewayAuthorizerResult, Handler } from "aws-lambda";
import type { Invoker } from "./invoker";
import type { SocketEvent } from "./socket-event";

type AuthorizerEvent = SocketEvent & { type: "REQUEST"; methodArn: string };
export type Authorizer = Handler<AuthorizerEvent, APIGatewayAuthorizerResult>;

/**
 * Asks a Lambda authorizer about a connection.
 * @returns what later events carry as `requestContext.authorizer`, or the status of the refusal: 401 if it threw "Unauthorized", 403 if it denied
 */
export async function authorize(authorizer: Authorizer, event: SocketEvent, invoker: Invoker): Promise<Record<string, unknown> | number> {
  const methodArn = `arn:aws:execute-api:us-east-1:000000000000:local/${event.requestContext.stage}/$connect`;
  try {
    const result = await invoker.invoke(authorizer, { ...event, type: "REQUEST", methodArn }, { label: "socket authorizer" });
    if (result?.policyDocument.Statement[0]?.Effect !== "Allow") return 403;
    return { principalId: result.principalId, ...result.context, integrationLatency: 0 };
  } catch (error) {
    return error instanceof Error && error.message === "Unauthorized" ? 401 : 500;
  }
}
