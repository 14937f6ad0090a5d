import { pathToFileURL } from "node:url";
import path from "node:path";
import type { HttpHandler } from "./gateway/http-api";
import type { SocketHandler } from "./gateway/websocket-api";
import type { TieringJob } from "./scheduler/tiering";

/** The Lambda handlers. */
export interface Handlers {
  api: HttpHandler;
  auth: HttpHandler;
  stream: HttpHandler;
  socket: SocketHandler;
  jobs: TieringJob;
}

/**
 * Loads the bundles that would be deployed. The environment has to be in place: they read it as they are loaded.
 * @param version makes a bundle that was built again another module.
 */
export async function loadHandlers(bundleDir: string, version = ""): Promise<Handlers> {
  const load = async <H>(name: string): Promise<H> => {
    const file = pathToFileURL(path.join(bundleDir, `${name}.mjs`)).href;
    return ((await import(`${file}${version && `?${version}`}`)) as { handler: H }).handler;
  };
  const [api, auth, stream, socket, jobs] = await Promise.all([
    load<HttpHandler>("api"),
    load<HttpHandler>("auth"),
    load<HttpHandler>("stream"),
    load<SocketHandler>("socket"),
    load<TieringJob>("jobs"),
  ]);
  return { api, auth, stream, socket, jobs };
}
