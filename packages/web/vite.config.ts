import { sveltekit } from "@sveltejs/kit/vite";
import { defineConfig } from "vite";
import { emojiData } from "./emoji-data";
import type { Plugin, Rollup } from "vite";

const FRAMEWORK = /node_modules\/(?:svelte|@sveltejs\/kit|devalue|esm-env|clsx)\/|vite\/preload-helper/;
/** Of the framework, what only forms need. */
const FORMS = /\/(?:kit\/src\/runtime\/app\/forms|bindings\/select)\.js$/;
/** And what stays with the one part that needs it. */
const APART = /\/bindings\/size\.js$/;
const PAGE = /src\/routes\/.*\.svelte$/;
/** Kit loads both with every page. */
const EVERY_PAGE = /src\/routes\/\+(?:layout|error)\.svelte$/;
/** Where most people are; whoever is on another page of the chat comes here. */
const CHAT_PAGE = /src\/routes\/\(chat\)\/(?:\+layout|channels\/\[server_id\]\/(?:\+layout|\[channel_id\]\/\+page))\.svelte$/;
const OUTSIDE_CHAT = /src\/routes\/(?!\(chat\)\/).*\.svelte$/;
const OWN_SETTINGS = /src\/routes\/account\//;
const SERVER_SETTINGS = /src\/routes\/\(chat\)\/channels\/\[server_id\]\/settings\//;
/** What so many pages have in common comes in one piece. */
const COMMON_FROM = 3;
/** Of a room. It has no form that Kit sends. */
const DOOR = /src\/routes\/r\/\[room\]\/\+page\.svelte$/;
/** A room, behind its door: it is made of the same parts as the chat, and nothing else is. */
const ROOM = /src\/lib\/room\/inside\.ts$/;
/** All of the SDK hangs on its index, but not everybody takes all of it. */
const SDK_OF_CHAT = /sdk\/src\/(?:log-reader|mark-sender|presence|reactions|read-marks|realtime|repeater|session|topics)\.ts$/;
const SDK_OF_ROOM = /sdk\/src\/room(?:-log)?\.ts$/;

/**
 * What the chat needs at once is four files: the framework, the parts that other pages have too, what a room has too, and the rest. Together they
 * compress to a seventh less than in pieces; so do the pages of the settings. What is imported when it is wanted stays apart.
 */
function chunkOf(id: string, needs: Needs): string | undefined {
  if (FORMS.test(id)) return "forms";
  if (APART.test(id)) return undefined;
  if (FRAMEWORK.test(id)) return "framework";
  if (id.includes("node_modules")) return undefined;
  if (SDK_OF_ROOM.test(id)) return "room";
  if (SDK_OF_CHAT.test(id)) return "chat";
  const by = [...needs].filter(([, needed]) => needed.has(id)).map(([root]) => root);
  const pages = by.filter((root) => PAGE.test(root));
  const has = (root: RegExp) => by.some((one) => root.test(one));
  const isOnly = (...roots: RegExp[]) => by.length > 0 && by.every((one) => roots.some((root) => root.test(one)));
  if (has(EVERY_PAGE)) return "framework";
  if (has(CHAT_PAGE)) {
    if (has(OUTSIDE_CHAT)) return "parts";
    return has(ROOM) ? "talk" : "chat";
  }
  if (isOnly(OWN_SETTINGS)) return "own-settings";
  if (isOnly(SERVER_SETTINGS)) return "server-settings";
  if (isOnly(OWN_SETTINGS, SERVER_SETTINGS)) return "settings";
  if (isOnly(ROOM)) return "room";
  if (pages.length >= COMMON_FROM) return has(DOOR) ? "plain" : "forms";
  return has(SERVER_SETTINGS) ? "chat-forms" : undefined;
}

/** By what is loaded by itself, a page or what is imported when it is wanted: the modules that it needs at once. */
type Needs = ReadonlyMap<string, ReadonlySet<string>>;

function needsOf({ getModuleIds, getModuleInfo }: Rollup.ManualChunkMeta): Needs {
  const isWanted = (id: string) => getModuleInfo(id)?.dynamicImporters.some((importer) => !importer.includes("/generated/"));
  const roots = [...getModuleIds()].filter((id) => PAGE.test(id) || isWanted(id));
  return new Map(
    roots.map((root) => {
      const needed = new Set([root]);
      for (const id of needed) for (const imported of getModuleInfo(id)?.importedIds ?? []) needed.add(imported);
      return [root, needed];
    }),
  );
}

/** Not on the server: a page's module may export nothing there but what Kit knows, and what runs there is read when it fails. */
const small: Plugin = {
  name: "small",
  config: ({ build }) =>
    build?.ssr ? {} : { build: { minify: "terser", terserOptions: { module: true, ecma: 2020, compress: { passes: 3 } } } },
  outputOptions(options) {
    if (this.environment.name !== "client") return options;
    let needs: Needs | undefined;
    const manualChunks: Rollup.GetManualChunk = (id, graph) => chunkOf(id, (needs ??= needsOf(graph)));
    return { ...options, onlyExplicitManualChunks: true, manualChunks };
  },
};

export default defineConfig({ plugins: [sveltekit(), emojiData, small] });
