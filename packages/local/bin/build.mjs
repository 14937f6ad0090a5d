import { ensureInstalled } from "./setup.mjs";

ensureInstalled({ withDevelopment: false });
const { build } = await import("./bundle.mjs");
await build();
