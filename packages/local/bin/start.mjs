import { existsSync } from "node:fs";
import { inRoot } from "./paths.mjs";
import { ensureInstalled } from "./setup.mjs";

ensureInstalled({ withDevelopment: false });
const { buildAll } = await import("./bundle.mjs");
await buildAll();
if (existsSync(inRoot(".env"))) process.loadEnvFile(inRoot(".env"));
await import("../dist/main.mjs");
