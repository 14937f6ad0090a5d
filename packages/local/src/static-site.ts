import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import sirv, { type RequestHandler } from "sirv";
import { createHttpApi, type HttpApiOptions, type HttpHandler } from "./gateway/http-api";

export interface StaticSiteOptions extends Omit<HttpApiOptions, "routes" | "decodePath"> {
  /** The output of svelte-kit-sst: `client/` and `prerendered/`. Read once, at the start. */
  buildDir: string;
  /** The site's Lambda function, for everything that is no file. */
  handler: HttpHandler;
  memoryMb?: number;
}

export interface StaticSite {
  handle(request: IncomingMessage, response: ServerResponse, target: { path: string }): Promise<void>;
  close(): Promise<void>;
}

/** As the site's own hooks set them on what they render. */
const SECURITY_HEADERS = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "strict-origin-when-cross-origin",
};

/** What SvelteKit puts there has its content's hash in its name. */
const IMMUTABLE = "/_app/immutable/";

/** The site as its CDN would serve it: files from the build, the rest from its function, which gets a function URL's event. */
export function createStaticSite({ buildDir, handler, memoryMb, ...options }: StaticSiteOptions): StaticSite {
  const route = { routeKey: "$default", handler, ...(memoryMb === undefined ? {} : { memoryMb }) };
  const label = options.label ?? (() => "site");
  const api = createHttpApi({ ...options, label, routes: [route], decodePath: false });
  const files = ["client", "prerendered"].map((folder) => path.join(buildDir, folder)).filter((folder) => existsSync(folder));
  const servers = files.map(serveFolder);

  return {
    async handle(request, response, target) {
      if (request.method === "GET" || request.method === "HEAD") {
        for (const serve of servers) if (isServed(serve, request, response)) return;
      }
      await api.handle(request, response, target);
    },
    close: () => api.close(),
  };
}

function serveFolder(folder: string): RequestHandler {
  return sirv(folder, {
    etag: true,
    brotli: true, // only if a file.br lies beside the file
    gzip: true,
    setHeaders(response, pathname) {
      const isImmutable = pathname.startsWith(IMMUTABLE);
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
      response.setHeader("cache-control", isImmutable ? "public,max-age=31536000,immutable" : "public,max-age=0,must-revalidate");
    },
  });
}

/** sirv decides at once whether the path is one of its files: it knows them all by name, so no path leads out of the folder. */
function isServed(serve: RequestHandler, request: IncomingMessage, response: ServerResponse): boolean {
  // A range that makes no sense would make sirv throw, and nothing of a site is large enough to need one.
  delete request.headers.range;
  // sirv opens the file after it has answered, and a file that was removed meanwhile would end the process.
  response.once("pipe", (source) => source.once("error", () => response.destroy()));
  let isFile = true;
  serve(request, response, () => {
    isFile = false;
    response.removeAllListeners("pipe");
  });
  return isFile;
}
