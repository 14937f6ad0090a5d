/**
 * Runs `app()` and `run()` of sst.config.ts without account and network: the real component code of SST under the mocks of Pulumi. The result
 * lists every resource with its inputs, so that tests can make statements about an infrastructure that nobody has deployed.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build as esbuild } from "esbuild";
import type { BuildOptions, Loader } from "esbuild";
import * as pulumi from "@pulumi/pulumi";
import { dataSources, resourceState, unwrap } from "./answers";
import type { Inputs } from "./answers";
import { startBundler } from "./bundler";
import type { Build } from "./bundler";
import { ensurePlatform } from "./platform";

interface SynthesisOptions {
  stage: string;
  /** The checkout whose packages are installed, and where bundles find them. */
  root: string;
  /** A folder below `root` for bundles and archives, which the caller removes. */
  work: string;
  /** Where sst.config.ts and the handlers are. Usually `root`; a test that breaks something gives a copy. */
  project: string;
  /** Where the site's build is, if not in the project. */
  siteProject?: string;
  bundles: boolean;
}

export interface Resource {
  type: string;
  name: string;
  inputs: Inputs;
  /** It stays in the account when it leaves the stack. */
  retained: boolean;
}

/** The properties of one name in `Resource`. */
export type Link = Record<string, string | undefined> & { type: string };

export interface Synthesis {
  app: { stage: string; removal: string; protect: boolean; providers: Record<string, Inputs> };
  outputs: Record<string, unknown>;
  resources: Resource[];
  builds: Record<string, Build>;
  /** What `Resource` could hold: everything that can be linked, by name. */
  links: Record<string, Link>;
  /** Data sources that nothing answers: results that depend on them would be wrong. */
  unanswered: string[];
}

const TIMEOUT_MS = 60_000;
const REGION = "us-east-1";
const QUIET_ROUNDS = 8;

export async function synthesize(options: SynthesisOptions): Promise<Synthesis> {
  const { root, work, project, siteProject = project } = options;
  if (!existsSync(path.join(siteProject, "packages/web/.svelte-kit/svelte-kit-sst/server"))) {
    throw new Error("There is no build of the site in packages/web/.svelte-kit/svelte-kit-sst: run npm run build first.");
  }
  const platform = ensurePlatform(root);
  const configFile = path.join(project, "sst.config.ts");
  const bundle = bundlerOfConfig(platform, root, work);

  const config = (await bundle("app", {
    // Here $config has nothing to do; in run() the platform's own is injected.
    code: `globalThis.$config = (config) => config; export default (await import(${JSON.stringify(configFile)})).default;`,
  })) as { app(input: { stage: string }): Promise<Omit<Synthesis["app"], "stage"> & { name: string }> };
  const app = { ...(await config.app({ stage: options.stage })), stage: options.stage };

  const { builds, url, close } = await startBundler({ root: project, work, bundles: options.bundles });
  process.env.SST_SERVER = url;
  process.env.SST_AWS_REGION = REGION;

  const resources: Resource[] = [];
  const unanswered: string[] = [];
  const retained = new Set<string>();
  const sources = dataSources(REGION);
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs: wrapped, custom }) {
        const inputs = unwrap(wrapped) as Inputs;
        resources.push({ type, name, inputs: recordable(type, inputs), retained: false });
        // A component is no resource of the cloud.
        if (custom === false) return { id: "", state: inputs };
        return { id: inputs.name ?? inputs.bucket ?? name.toLowerCase(), state: resourceState(REGION, type, name, inputs) };
      },
      call({ token, inputs: wrapped }) {
        const inputs = unwrap(wrapped) as Inputs;
        const source = sources[token];
        if (!source) unanswered.push(token);
        return source?.(inputs) ?? inputs;
      },
    },
    app.name,
    app.stage,
    // Not a preview, in which outputs are unknown and most of the components' code never runs.
    false,
  );
  for (const [provider, settings] of Object.entries(app.providers)) {
    for (const [key, value] of Object.entries(settings)) {
      pulumi.runtime.setConfig(`${provider}:${key}`, typeof value === "string" ? value : JSON.stringify(value));
    }
  }

  // A build that fails, or an error of a component, leaves an Output that never settles. Without this race the synthesis would hang, or end
  // well with half of the resources.
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  failed.catch(() => undefined);
  process.on("unhandledRejection", fail);
  const timer = setTimeout(() => fail(new Error(`The synthesis took longer than ${TIMEOUT_MS} ms.`)), TIMEOUT_MS);
  try {
    const program = (await bundle("run", {
      define: {
        $app: JSON.stringify(app),
        $cli: JSON.stringify({ command: "deploy", paths: { home: work, root: siteProject, work, platform }, state: { version: {} } }),
        $dev: "false",
      },
      // The platform's own definitions of $resolve, $interpolate, …
      inject: [path.join(platform, "src/shim/run.js")],
      // `sst` and `aws` are globals in our files.
      prelude: `import * as aws from "@pulumi/aws"; import * as sst from ${JSON.stringify(path.join(platform, "src/components"))};`,
      code: `import { runtime } from "@pulumi/pulumi";
        import { run } from ${JSON.stringify(path.join(platform, "src/auto/run.ts"))};
        import config from ${JSON.stringify(configFile)};
        export default (observe) => run(() => { runtime.registerStackTransformation(observe); return config.run(); });`,
    })) as (observe: pulumi.ResourceTransformation) => Promise<Record<string, unknown>>;
    const links: Synthesis["links"] = {};
    const observe: pulumi.ResourceTransformation = ({ resource, type, name, opts }) => {
      if (opts.retainOnDelete) retained.add(`${type} ${name}`);
      // Not yet constructed at this point. As in the platform's own Link.reset().
      process.nextTick(() => {
        if (!opts.parent && "getSSTLink" in resource) {
          const { properties } = (resource as unknown as Linkable).getSSTLink();
          pulumi.output(properties).apply((known) => (links[name] = { ...known, type: type.replaceAll(":", ".") }));
        }
      });
      return undefined;
    };
    const stack: unknown = await Promise.race([pulumi.runtime.runInPulumiStack(() => program(observe)), failed]);
    // disconnect() waits for what is pending and can miss what late Outputs (archives, the site's files) are about to register.
    for (let quiet = 0, seen = -1; quiet < QUIET_ROUNDS || !hasAllFunctions(resources);) {
      await Promise.race([pulumi.runtime.disconnect(), failed]);
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 50)), failed]);
      quiet = resources.length === seen ? quiet + 1 : 0;
      seen = resources.length;
    }
    const outputs = await new Promise<Record<string, unknown>>((resolve) => pulumi.output(stack ?? {}).apply(resolve as never));
    for (const resource of resources) resource.retained = retained.has(`${resource.type} ${resource.name}`);
    return { app, outputs, resources, builds, links, unanswered };
  } finally {
    clearTimeout(timer);
    process.off("unhandledRejection", fail);
    close();
  }
}

interface Linkable {
  getSSTLink(): { properties: Record<string, pulumi.Input<string>> };
}

/** The slowest step: a function is made once its archive has been written. */
const hasAllFunctions = (resources: Resource[]) =>
  resources.every(({ type, name }) => type !== "sst:aws:Function" || resources.some((made) => made.name === `${name}Function`));

interface ConfigBundle {
  code: string;
  define?: Record<string, string>;
  inject?: string[];
  prelude?: string;
}

/** Bundles code that imports sst.config.ts, as the CLI does, and returns its default export. */
function bundlerOfConfig(platform: string, root: string, work: string) {
  return async (name: string, { code, define, inject, prelude = "" }: ConfigBundle): Promise<unknown> => {
    // Below `root`, so that Pulumi is the one whose mocks are set: it has to be a single instance.
    const outfile = path.join(work, `${name}.mjs`);
    const options: BuildOptions = {
      stdin: { contents: code, resolveDir: root, sourcefile: `${name}.ts`, loader: "ts" },
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      mainFields: ["module", "main"],
      external: ["@pulumi/*", "@pulumiverse/*", "@sst-provider/*", "@aws-sdk/*", "archiver", "esbuild", "glob", "undici", "vite"],
      banner: {
        // Names that CommonJS inside the bundle expects.
        js: `import { createRequire as makeRequire } from "node:module"; import { dirname as folderOf } from "node:path"; import { fileURLToPath as pathOf } from "node:url";
const require = makeRequire(import.meta.url), __filename = pathOf(import.meta.url), __dirname = folderOf(__filename);`,
      },
      define,
      inject,
      logLevel: "error",
      plugins: [
        {
          name: "globals",
          setup({ onLoad }) {
            onLoad({ filter: /\.(js|ts)$/ }, ({ path: file }) => {
              // The platform would import itself in a circle, and CommonJS with an import in front is no CommonJS any more.
              if (file.startsWith(platform) || file.includes("/node_modules/")) return undefined;
              return { contents: `${prelude}\n${readFileSync(file, "utf8")}`, loader: path.extname(file).slice(1) as Loader };
            });
          },
        },
      ],
    };
    await esbuild(options);
    const module: { default: unknown } = await import(pathToFileURL(outfile).href);
    return module.default;
  };
}

/** Inputs without what belongs to the host or differs from run to run. */
function recordable(type: string, inputs: Inputs): Inputs {
  const kept = { ...inputs };
  if (type.startsWith("pulumi-nodejs:dynamic")) delete kept.__provider;
  if (type === "command:local:Command") {
    delete kept.triggers;
    // The site's build gets the whole environment of the process: keep what the app adds, and nothing of the host.
    kept.environment = Object.fromEntries(
      Object.entries(kept.environment ?? {}).filter(([key, value]) => key.startsWith("SST_RESOURCE_") || process.env[key] !== value),
    );
  }
  return kept;
}
