import path from "node:path";
import { context, type BuildOptions } from "esbuild";
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
    }),
  );
}

/** Handlers that are always those of the newest bundles. A change that does not compile leaves the ones from before. */
async function watchHandlers(builds: BuildOptions[]): Promise<Handlers> {
  const bundleDir = builds[0]?.outdir ?? "";
  let push: Parameters<Handlers["usePush"]>[0] | undefined;
  let current: Handlers | undefined;
  let version = 0;
  const reload = async () => {
    current = await loadHandlers(bundleDir, `v=${version++}`);
    if (push) current.usePush(push);
    if (version > 1) console.log("Handlers reloaded.");
  };
  const onEnd = {
    name: "reload",
    setup(build: { onEnd(run: (result: { errors: unknown[] }) => Promise<void>): void }) {
      build.onEnd(async ({ errors }) => {
        if (current && errors.length === 0) await reload();
      });
    },
  };
  for (const options of builds) {
    const watched = await context({ ...options, plugins: [onEnd] });
    await watched.rebuild();
    await watched.watch();
  }
  await reload();
  const latest = () => {
    if (!current) throw new Error("the handlers are not loaded");
    return current;
  };
  return {
    api: (...call) => latest().api(...call),
    auth: (...call) => latest().auth(...call),
    socket: (...call) => latest().socket(...call),
    usePush(given) {
      push = given;
      latest().usePush(given);
    },
  };
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
