import type { Route } from "@agora/core/protocol/route";
import { routes } from "@agora/core/protocol/routes";
import { defaults } from "./defaults";
import { concurrency, throttle } from "./guardrails";
import { apiFiles, apiGrants, authFiles, authGrants, streamFiles, streamGrants } from "./grants";
import { linksTo, tablePermissions } from "./permissions";
import { router } from "./router";
import { token } from "./secrets";
import { pushPermissions, socket } from "./socket";
import { bucket, filePermissions } from "./storage";

export const api = new sst.aws.ApiGatewayV2("Api", {
  // Browsers reach it through the router, on the site's own origin; scripts need no CORS.
  cors: false,
  accessLog: { retention: "1 week" },
  transform: { stage: { defaultRouteSettings: throttle.http } },
});

const apiHandler = new sst.aws.Function("ApiHandler", {
  ...defaults,
  handler: "packages/functions/src/api.handler",
  link: [...linksTo(apiGrants), token, socket, router, bucket],
  permissions: [...tablePermissions(apiGrants), ...filePermissions(apiFiles), pushPermissions],
  concurrency: concurrency("api"),
});

/** The one function that hashes passwords. Argon2 is native code and wants a whole processor, so it gets more memory, which is how Lambda sells it. */
const authHandler = new sst.aws.Function("AuthHandler", {
  ...defaults,
  handler: "packages/functions/src/auth.handler",
  memory: "1769 MB",
  link: [...linksTo(authGrants), token, socket, router, bucket],
  permissions: [...tablePermissions(authGrants), ...filePermissions(authFiles), pushPermissions],
  concurrency: concurrency("auth"),
  // The second is what the first loads on Lambda. npm leaves it out on a Mac, where it cannot tell which C library the target has.
  nodejs: { ...defaults.nodejs, install: ["@node-rs/argon2", "@node-rs/argon2-linux-arm64-gnu"] },
});

/** Who waits for messages pays for the time by the memory, and holds no copy of the function that others need. */
const streamHandler = new sst.aws.Function("StreamHandler", {
  ...defaults,
  handler: "packages/functions/src/stream.handler",
  memory: "256 MB",
  link: [...linksTo(streamGrants), token, socket, router, bucket],
  permissions: [...tablePermissions(streamGrants), ...filePermissions(streamFiles)],
  concurrency: concurrency("stream"),
});

const handlers = { auth: authHandler, stream: streamHandler };

api.route("$default", apiHandler.arn);
for (const route of Object.values<Route>(routes)) {
  if (route.handler !== "api") api.route(`${route.method} ${route.path}`, handlers[route.handler].arn);
}

// Longer than the longest poll (20 s), which is also where CloudFront would give up by default.
router.route("/api", api.url, { rewrite: { regex: "^/api/?", to: "/" }, readTimeout: "30 seconds" });
