import { createHmac } from "node:crypto";
import { token } from "./secrets";
import { domain } from "./stage";

/**
 * Proves to what stands behind the router that a request came through it: docs/decisions/0008-site-function-url.md. Derived, so that whoever
 * has the token secret can check it and nobody has to set a second one.
 */
const edgeKey = token.value.apply((secret) => createHmac("sha256", secret).update("agora edge").digest("hex"));

/** One origin for everything but the socket: `/` is the site and `/api` the HTTP API. Each mounts itself. */
export const router = new sst.aws.Router("Router", {
  domain,
  edge: {
    viewerRequest: {
      // Behind CloudFront the peer of every request is CloudFront, so the caller's address has to travel in a header.
      // Both headers replace what a caller may have sent under these names.
      injection: $interpolate`
event.request.headers["x-agora-edge"] = { value: "${edgeKey}" };
event.request.headers["x-agora-address"] = { value: event.viewer.ip };`,
    },
  },
  transform: {
    cdn: {
      // CloudFront keeps an error for 10 s by default and gives it to everybody, whatever the answer's own headers say.
      customErrorResponses: [500, 502, 503, 504].map((errorCode) => ({ errorCode, errorCachingMinTtl: 0 })),
    },
  },
});
