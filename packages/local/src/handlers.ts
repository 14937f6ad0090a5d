import { pathToFileURL } from "node:url";
import path from "node:path";
import type { Sockets } from "@agora/core/realtime/push";
import type { HttpHandler } from "./gateway/http-api";
import type { SocketHandler } from "./gateway/websocket-api";

/** The Lambda handlers, and the door by which a process that has the sockets itself gives its own push. */
export interface Handlers {
  api: HttpHandler;
  auth: HttpHandler;
  socket: SocketHandler;
  useSockets(sockets: Sockets): void;
}

interface FunctionModule<H> {
  handler: H;
  useSockets?: (sockets: Sockets) => void;
}

/**
 * Loads the bundles that would be deployed. The environment has to be in place: they read it as they are loaded.
 * @param version makes a bundle that was built again another module.
 */
export async function loadHandlers(bundleDir: string, version = ""): Promise<Handlers> {
  const load = async <H>(name: string): Promise<FunctionModule<H>> =>
    (await import(`${pathToFileURL(path.join(bundleDir, `${name}.mjs`)).href}${version && `?${version}`}`)) as FunctionModule<H>;
  const [api, auth, socket] = await Promise.all([load<HttpHandler>("api"), load<HttpHandler>("auth"), load<SocketHandler>("socket")]);
  return {
    api: api.handler,
    auth: auth.handler,
    socket: socket.handler,
    useSockets(sockets) {
      for (const { useSockets } of [api, auth, socket]) useSockets?.(sockets);
    },
  };
}
