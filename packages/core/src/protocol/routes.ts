import type { Route } from "./route";
import { accountRoutes } from "./routes/account";
import { conversationRoutes } from "./routes/conversation";
import { joiningRoutes } from "./routes/joining";
import { memberRoutes } from "./routes/member";
import { messageRoutes } from "./routes/message";
import { roomRoutes } from "./routes/room";
import { serverRoutes } from "./routes/server";
import { streamRoutes } from "./routes/stream";
import { uploadRoutes } from "./routes/upload";
import type { RouteName, signatures } from "./signatures";

/**
 * The HTTP API: every route, who may call it and what goes in and out. The router, `GET /openapi.json`, the SDK and the authorization
 * tests are all made from this table, so a route that is not here does not exist.
 */
export const routes = {
  ...accountRoutes,
  // Before those with a parameter in the same place.
  ...joiningRoutes,
  ...serverRoutes,
  ...memberRoutes,
  ...messageRoutes,
  ...conversationRoutes,
  ...uploadRoutes,
  ...roomRoutes,
  ...streamRoutes,
} satisfies { [N in RouteName]: Route & { signature: (typeof signatures)[N] } };

export type Routes = typeof routes;
export type { RouteName } from "./signatures";
