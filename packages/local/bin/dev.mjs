import { existsSync } from "node:fs";
import { inRoot } from "./paths.mjs";
import { ensureInstalled, quietSdk } from "./setup.mjs";

ensureInstalled({ withDevelopment: false });
quietSdk();
const { buildLocal, functionBuilds } = await import("./bundle.mjs");
await buildLocal();
if (existsSync(inRoot(".env"))) process.loadEnvFile(inRoot(".env"));
const { runDev } = await import("../dist/dev.mjs");
await runDev({ functionBuilds, webRoot: inRoot("packages/web") });
