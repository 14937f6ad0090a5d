import { createHmac, timingSafeEqual } from "node:crypto";
import { resources } from "./resources";

/** Behind the router's CDN the address of every connection is the CDN's. The caller's own travels in the second header, and the first proves it. */
export const EDGE_HEADER = "x-agora-edge";
export const ADDRESS_HEADER = "x-agora-address";

const LONGEST_ADDRESS = 64;

/** What the router, and the site when it calls the API, show in EDGE_HEADER: docs/decisions/0008-site-function-url.md. */
const edgeKey = (): string => createHmac("sha256", resources.tokenSecret).update("agora edge").digest("hex");

/**
 * Whose request it is, for limits by address.
 * @param header reads one by its lower-case name.
 * @param peer the address of the connection, which counts unless the edge vouches for another.
 */
export function callerAddress(header: (name: string) => string | null | undefined, peer: string): string {
  const address = header(ADDRESS_HEADER);
  if (!address || address.length > LONGEST_ADDRESS) return peer;
  const given = Buffer.from(header(EDGE_HEADER) ?? "");
  const right = Buffer.from(edgeKey());
  return given.length === right.length && timingSafeEqual(given, right) ? address : peer;
}

/** The headers by which the site says for whom it calls the API. */
export const onBehalfOf = (address: string): Record<string, string> => ({ [EDGE_HEADER]: edgeKey(), [ADDRESS_HEADER]: address });
