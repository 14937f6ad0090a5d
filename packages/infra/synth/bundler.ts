/**
 * Components do not bundle functions themselves: they ask the CLI's process, one POST of `{method, params}` for `{result}` or `{error}`. This
 * is the part of that server which a synthesis needs. It really bundles, as the CLI does, so a synthesis proves that every handler exists.
 */
import { createCipheriv } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { tables } from "@agora/core/tables";
import { build as esbuild } from "esbuild";
import type { BuildFailure, BuildOptions, Metafile } from "esbuild";

/** One function, as its component asked for it and as it was bundled. */
export interface Build {
  handler: string;
  links: Record<string, Record<string, string>>;
  /** Absent where handlers are not bundled. */
  bundle?: {
    bytes: number;
    /** Tables that the code names, whether or not it ever comes to that line. */
    tables: string[];
    minified: boolean;
    /** Packages that are not in the bundle but installed beside it. */
    installed: string[];
  };
}

interface BuildRequest {
  functionID: string;
  handler: string;
  links: Build["links"];
  encryptionKey: string;
  properties: { minify?: boolean; splitting?: boolean; install?: string[]; esbuild?: BuildOptions };
}

interface BundlerOptions {
  /** Handlers are named relative to this folder. */
  root: string;
  work: string;
  /** Off: handlers need not exist. For a look at links alone. */
  bundles: boolean;
}

const EXTENSIONS = [".ts", ".tsx", ".mts", ".js", ".mjs"];

export async function startBundler({ root, work, bundles }: BundlerOptions) {
  const builds: Record<string, Build> = {};
  const failure = (...errors: string[]) => ({ handler: "", out: "", errors, sourcemaps: [] });

  async function build(request: BuildRequest) {
    const result: Build = { handler: request.handler, links: request.links };
    builds[request.functionID] = result;
    const { dir, name, ext } = path.parse(request.handler);
    const out = path.join(work, "artifacts", `${request.functionID}-src`);
    const outfile = path.join(out, "bundle.mjs");
    mkdirSync(out, { recursive: true });
    if (bundles) {
      const entry = EXTENSIONS.map((extension) => path.resolve(root, dir, name + extension)).find(existsSync);
      if (!entry) return failure(`${request.handler}: there is no such file`);
      try {
        const { metafile, outputFiles } = await esbuild(bundleOptions(entry, outfile, request.properties));
        const exported = Object.values(metafile.outputs).flatMap((output) => output.exports);
        if (!exported.includes(ext.slice(1))) return failure(`${request.handler}: the file does not export "${ext.slice(1)}"`);
        const { minify = false, install = [] } = request.properties;
        for (const file of outputFiles) {
          mkdirSync(path.dirname(file.path), { recursive: true });
          writeFileSync(file.path, file.contents);
        }
        const code = outputFiles.map(({ text }) => text).join("\n");
        // A call's last argument is no table, but the name of a class that esbuild keeps: n(this,"Topics").
        const named = Object.keys(tables).filter((table) =>
          new RegExp(`["'\`]${table}["'\`](?<!,\\s*["'\`]${table}["'\`](?=\\)))|[{,]\\s*${table}:`).test(code),
        );
        result.bundle = { bytes: bytesAtStart(metafile, outfile), tables: named, minified: minify, installed: install };
      } catch (error) {
        return failure(
          ...(error as BuildFailure).errors.map(({ text, location }) => `${request.handler}: ${text} (${location?.file ?? ""})`),
        );
      }
    } else {
      writeFileSync(outfile, "");
    }
    // The component zips the folder and expects the links in it, sealed with the key that it chose.
    const cipher = createCipheriv("aes-256-gcm", Buffer.from(request.encryptionKey, "base64"), Buffer.alloc(12));
    writeFileSync(
      path.join(out, "resource.enc"),
      Buffer.concat([cipher.update(JSON.stringify(request.links)), cipher.final(), cipher.getAuthTag()]),
    );
    return { handler: `bundle${ext}`, out, errors: [], sourcemaps: [] };
  }

  const methods: Record<string, (params: unknown) => unknown> = {
    // What the CLI keeps in the account: where bundles are uploaded.
    "Provider.Aws.Bootstrap": () => ({ asset: "sst-asset", state: "sst-state", assetEcrRegistryId: "", assetEcrUrl: "" }),
    "Runtime.Build": (params) => build(params as BuildRequest),
  };
  const answer = async (body: string) => {
    const { method, params } = JSON.parse(body) as { method: string; params: unknown[] };
    try {
      const call = methods[method];
      return call ? { result: await call(params[0]) } : { error: `The synthesis does not answer ${method}.` };
    } catch (error) {
      return { error: String(error) };
    }
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    // `answer` catches whatever a method throws.
    request.on("end", () => void answer(Buffer.concat(chunks).toString()).then((result) => response.end(JSON.stringify(result))));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { builds, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

/** The options with which the CLI of SST 3.19 bundles a function for Node 22. Of `esbuild` it takes a part, to which `minify` does not belong. */
function bundleOptions(entry: string, outfile: string, { minify, splitting, install, esbuild: own }: BuildRequest["properties"]) {
  return {
    define: own?.define,
    entryPoints: [entry],
    outdir: path.dirname(outfile),
    entryNames: path.parse(outfile).name,
    outExtension: { ".js": ".mjs" },
    splitting: splitting ?? false,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "es2023",
    mainFields: ["module", "main"],
    keepNames: own?.keepNames ?? true,
    minify: minify ?? false,
    metafile: true,
    // Else esbuild's own process goes on writing after ours has failed and cleared up.
    write: false,
    logLevel: "silent",
    external: ["sharp", "pg-native", ...(install ?? []), ...(own?.external ?? [])],
    banner: {
      js: `import { createRequire as topLevelCreateRequire } from "module"; const require = topLevelCreateRequire(import.meta.url);
import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url"; const __filename = topLevelFileUrlToPath(import.meta.url); const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url));`,
    },
  } satisfies BuildOptions;
}

/** What Node reads before the handler can be called: the entry, and whatever it imports other than on demand. */
function bytesAtStart({ outputs }: Metafile, outfile: string): number {
  const sizes = new Map<string, number>();
  const visit = (file: string) => {
    const output = outputs[file];
    if (!output || sizes.has(file)) return;
    sizes.set(file, output.bytes);
    for (const { path: imported, kind } of output.imports) if (kind === "import-statement") visit(imported);
  };
  const entry = Object.keys(outputs).find((file) => path.basename(file) === path.basename(outfile));
  visit(entry ?? "");
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}
