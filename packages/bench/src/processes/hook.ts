import { subscribe } from "node:diagnostics_channel";
import { nowMs } from "../clock";
import type { Pushing } from "./messages";

/*
 * Loaded into the single server's process before it: tells when a put of the table was answered and when the push that follows it begins. The server
 * publishes both for its own meter, so that nothing in it is different under a benchmark.
 */
let storedAt = 0;

subscribe("agora:dynamodb", (call) => {
  if ((call as { operation: string }).operation === "PutItem") storedAt = nowMs();
});

subscribe("agora:push", (push) => {
  if ((push as { connections: number }).connections < 2) return; // an answer to one socket
  const pushing: Pushing = { type: "pushing", storedAt, pushAt: nowMs() };
  setImmediate(() => process.send?.(pushing));
});
process.on("disconnect", () => process.exit()); // the benchmark is gone
