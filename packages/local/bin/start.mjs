import { existsSync } from "node:fs";
import { inRoot } from "./paths.mjs";
import { ensureInstalled, quietSdk } from "./setup.mjs";

ensureInstalled({ withDevelopment: false });
quietSdk();
const { buildAll } = await import("./bundle.mjs");
await buildAll();
if (existsSync(inRoot(".env"))) process.loadEnvFile(inRoot(".env"));
await import("../dist/main.mjs");
