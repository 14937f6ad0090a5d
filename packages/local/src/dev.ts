import path from "node:path";
import { makeAnewInThisProcess } from "@agora/core/in-this-process";
import { context, type BuildOptions, type Plugin } from "esbuild";
import type { PathHandler } from "./origin";
import { loadHandlers, type Handlers } from "./handlers";
import { runUntilStopped } from "./run-until-stopped";
import { settingsFrom } from "./settings";
import { startSingleServer } from "./single-server";

interface DevOptions {
  /** How each function is bundled. */
  functionBuilds: BuildOptions[];
  webRoot: string;
}

/** `npm run dev`: as `npm start`, with the site from Vite, which reloads what is changed, and handlers that are bundled again when they are. */
export async function runDev({ functionBuilds, webRoot }: DevOptions): Promise<void> {
  await runUntilStopped((onFatal) =>
    startSingleServer(settingsFrom(process.env), onFatal, {
      handlers: () => watchHandlers(functionBuilds),
      site: () => viteSite(webRoot),
      pushesInProcess: false, // by the SDK and `@connections`, as on AWS
    }),
  );
}

/** Handlers that are always those of the newest bundles. A change that does not compile leaves the ones from before. */
async function watchHandlers(builds: BuildOptions[]): Promise<Handlers> {
  let version = 0;
  const load = () => {
    makeAnewInThisProcess("log.writers");
    return loadHandlers(builds[0]?.outdir ?? "", `v=${version++}`);
  };
  let current: Handlers | undefined;
  await Promise.all(
    builds.map((options) =>
      watch(options, async () => {
        if (!current) return; // the first of all builds: they are loaded together below
        current = await load();
        console.log("Handlers reloaded.");
      }),
    ),
  );
  current = await load();
  const latest = () => current as Handlers;
  return {
    api: (...call) => latest().api(...call),
    auth: (...call) => latest().auth(...call),
    stream: (...call) => latest().stream(...call),
    socket: (...call) => latest().socket(...call),
    jobs: () => latest().jobs(),
  };
}

/** Builds, and builds again at every change. Resolves after the first time. */
function watch(options: BuildOptions, onBuilt: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const announce: Plugin = {
      name: "announce",
      setup(build) {
        build.onEnd(async ({ errors }) => {
          if (errors.length === 0) await onBuilt();
          resolve();
        });
      },
    };
    context({ ...options, plugins: [announce] })
      .then((watched) => watched.watch())
      .catch(reject);
  });
}

async function viteSite(root: string): Promise<PathHandler> {
  process.chdir(root); // SvelteKit looks for its configuration in the working directory
  const { createServer } = await import("vite");
  const vite = await createServer({ root, configFile: path.join(root, "vite.config.ts"), server: { middlewareMode: true } });
  return {
    handle: (request, response) => {
      request.headers["x-forwarded-proto"] ??= "http"; // as the gateway says it to the built site
      vite.middlewares(request, response);
      return Promise.resolve();
    },
    close: () => vite.close(),
  };
}
