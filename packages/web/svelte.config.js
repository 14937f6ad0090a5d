import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";
import adapter from "svelte-kit-sst";

/** @type {import('@sveltejs/kit').Config} */
const config = {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true },
  kit: {
    adapter: adapter(),
    // One request less before the first paint; no page has more than this.
    inlineStyleThreshold: 40_960,
    // The types of what is linked.
    typescript: { config: (config) => ({ ...config, include: [...config.include, "../vitest.config.ts", "../../../sst-env.d.ts"] }) },
    // The adapter makes every URL https, so Kit cannot tell our own origin from a foreign one: hooks.server.ts checks it instead.
    csrf: { trustedOrigins: ["*"] },
    csp: {
      mode: "auto",
      directives: {
        "default-src": ["self"],
        "script-src": ["self"],
        "style-src": ["self"],
        // The one style attribute that Kit writes itself, on the region that announces navigation.
        "style-src-attr": ["unsafe-hashes", "sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo="],
        // Files are kept in S3, whose bucket's name is not known when the site is built; `blob:` is what somebody is about to upload.
        "img-src": ["self", "data:", "blob:", "https://*.amazonaws.com"],
        "media-src": ["self", "blob:", "https://*.amazonaws.com"],
        // The socket has a host of its own in the cloud, which is not known either; to S3 goes what is uploaded.
        "connect-src": ["self", "ws:", "wss:", "https://*.amazonaws.com"],
        "object-src": ["none"],
        "base-uri": ["none"],
        "form-action": ["self"],
        "frame-ancestors": ["none"],
      },
    },
  },
};

export default config;
