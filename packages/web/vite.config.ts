import { sveltekit } from "@sveltejs/kit/vite";
import { defineConfig } from "vite";
import { emojiData } from "./emoji-data";
import type { Plugin, Rollup } from "vite";

/** CDNs compress nothing below 1,000 bytes, and each chunk is a request: a small one is put to another, where that changes nothing. */
const CHUNK_MIN_BYTES = 40_000;
const FRAMEWORK = /node_modules\/(?:svelte|@sveltejs\/kit|devalue|esm-env|clsx)\/|vite\/preload-helper/;
/** Of the framework, what no page of the chat needs. */
const APART = /\/kit\/src\/runtime\/app\/forms\.js$/;
/** Where most people are; whoever is on another page of the chat comes here. */
const CHAT_PAGE = /src\/routes\/\(chat\)\/(?:\+layout|channels\/\[server_id\]\/(?:\+layout|\[channel_id\]\/\+page))\.svelte$/;
const OTHER_PAGE = /src\/routes\/(?!\(chat\)\/).*\.svelte$/;
/** A room, behind its door: it is made of the same parts as the chat, and nothing else is. */
const ROOM = /src\/lib\/room\/inside\.ts$/;
/** All of the SDK hangs on its index, but not everybody takes all of it. */
const SDK_OF_CHAT = /sdk\/src\/(?:log-reader|mark-sender|presence|reactions|read-marks|realtime|repeater|session|topics)\.ts$/;
const SDK_OF_ROOM = /sdk\/src\/room(?:-log)?\.ts$/;

/**
 * What the chat needs at once is four files: the framework, the parts that other pages have too, what a room has too, and the rest. Together they
 * compress to a seventh less than in pieces. What is imported when it is wanted stays apart.
 */
function chunkOf(id: string, graph: Rollup.ManualChunkMeta, known: Map<RegExp, ReadonlySet<string>>): string | undefined {
  if (FRAMEWORK.test(id)) return APART.test(id) ? undefined : "framework";
  const isNeededBy = (pages: RegExp) => {
    const needed = known.get(pages) ?? neededBy(pages, graph);
    known.set(pages, needed);
    return needed.has(id);
  };
  if (id.includes("node_modules") || SDK_OF_ROOM.test(id) || !isNeededBy(CHAT_PAGE)) return undefined;
  if (SDK_OF_CHAT.test(id)) return "chat";
  if (isNeededBy(OTHER_PAGE)) return "parts";
  return isNeededBy(ROOM) ? "talk" : "chat";
}

/** The modules that these pages import, and what those import. */
function neededBy(pages: RegExp, { getModuleIds, getModuleInfo }: Rollup.ManualChunkMeta): ReadonlySet<string> {
  const needed = new Set([...getModuleIds()].filter((id) => pages.test(id)));
  for (const id of needed) for (const imported of getModuleInfo(id)?.importedIds ?? []) needed.add(imported);
  return needed;
}

/** Not on the server: a page's module may export nothing there but what Kit knows, and what runs there is read when it fails. */
const small: Plugin = {
  name: "small",
  config: ({ build }) => (build?.ssr ? {} : { build: { minify: "terser", terserOptions: { module: true, compress: { passes: 2 } } } }),
  outputOptions(options) {
    if (this.environment.name !== "client") return options;
    const known = new Map<RegExp, ReadonlySet<string>>();
    return { ...options, experimentalMinChunkSize: CHUNK_MIN_BYTES, manualChunks: (id, graph) => chunkOf(id, graph, known) };
  },
};

export default defineConfig({ plugins: [sveltekit(), emojiData, small] });
