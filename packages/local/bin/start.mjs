import { existsSync } from "node:fs";
import { inRoot } from "./paths.mjs";
import { ensureInstalled } from "./setup.mjs";

ensureInstalled({ withDevelopment: false });
const { build } = await import("./bundle.mjs");
await build();
if (existsSync(inRoot(".env"))) process.loadEnvFile?.(inRoot(".env"));
await import("../dist/main.mjs");
