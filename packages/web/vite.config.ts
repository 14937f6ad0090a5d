import { sveltekit } from "@sveltejs/kit/vite";
import { defineConfig } from "vite";
import type { Plugin } from "vite";

/** CDNs compress nothing below 1,000 bytes, and each chunk is a request: a small one is put to another, where that changes nothing. */
const CHUNK_MIN_BYTES = 40_000;

/** Not on the server: a page's module may export nothing there but what Kit knows. */
const fewerChunks: Plugin = {
  name: "fewer-chunks",
  outputOptions(options) {
    return this.environment.name === "client" ? { ...options, experimentalMinChunkSize: CHUNK_MIN_BYTES } : options;
  },
};

export default defineConfig({ plugins: [sveltekit(), fewerChunks] });
