import { inRoot, root } from "../../local/bin/paths.mjs";
import { ensureInstalled, quietSdk } from "../../local/bin/setup.mjs";

ensureInstalled({ withDevelopment: true });
quietSdk();
const { buildAll, buildTool } = await import("../../local/bin/bundle.mjs");
await buildAll();
await buildTool(inRoot("packages/chaos/src/main.ts"), inRoot("packages/chaos/dist"));
const { soak } = await import("../dist/main.mjs");
// Not by `exitCode`: Node 20 was seen turning in its clean-up for ever (Environment::CleanupHandles) after the report.
process.exit(await soak(root, process.argv.slice(2)));
