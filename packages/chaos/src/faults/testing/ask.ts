import type { Frame, SocketClient } from "@agora/local/testing/stack";
import type { SeenOutcome } from "../invariants";

/** Longer than a handler needs for the SDK's three tries of three seconds. */
const ANSWER_WITHIN_MS = 20_000;

let frameIds = 0;
/** Sends a frame and waits for its answer, which is of this type if it is done. */
export async function ask(socket: SocketClient, frame: object, type: string): Promise<{ outcome: SeenOutcome; answer?: Frame }> {
  const id = `c${frameIds++}`;
  const failed = socket.frames.filter(isGatewayFailure).length;
  socket.socket.send(JSON.stringify({ ...frame, id }));
  const answer: Frame = await socket
    .next((one) => one.id === id || (isGatewayFailure(one) && socket.frames.filter(isGatewayFailure).length > failed), ANSWER_WITHIN_MS)
    .catch(() => undefined);
  if (answer?.id !== id) return { outcome: { kind: "unanswered" } };
  if (answer.type === type) return { outcome: { kind: "done" }, answer };
  return { outcome: { kind: "refused", code: answer.code as string } };
}

/** What API Gateway sends when the function behind the route died. */
const isGatewayFailure = (frame: Frame): boolean => frame.message === "Internal server error";
