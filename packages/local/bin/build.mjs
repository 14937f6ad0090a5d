import { ensureInstalled } from "./setup.mjs";

ensureInstalled({ withDevelopment: false });
const { buildAll } = await import("./bundle.mjs");
await buildAll();
