// Node 20 does not run TypeScript: bundles synth/main.ts and runs it. Called by the package's scripts and by its tests.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = path.resolve(import.meta.dirname, "../../..");
const cache = path.join(root, "node_modules/.cache");
mkdirSync(cache, { recursive: true });
const work = mkdtempSync(path.join(cache, "agora-synth-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));

const outfile = path.join(work, "main.mjs");
await build({
  entryPoints: [path.join(root, "packages/infra/synth/main.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  external: ["esbuild", "@pulumi/*"],
});
const { main } = await import(pathToFileURL(outfile).href);
await main(process.argv.slice(2), { root, work });
process.exit(0); // Pulumi keeps handles open.
