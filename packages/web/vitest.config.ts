import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { emojiData } from "./emoji-data";

/** The site's own tests. State classes use runes, and are compiled here as they are for a browser. */
export default defineConfig({
  plugins: [emojiData, svelte({ configFile: false, dynamicCompileOptions: () => ({ generate: "client" }) })],
  resolve: { alias: { $lib: fileURLToPath(new URL("src/lib", import.meta.url)) } },
  ssr: { resolve: { conditions: ["browser", "import", "module", "default"] } },
  test: { name: "web", include: ["src/**/*.test.ts"] },
});
