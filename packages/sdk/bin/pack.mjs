import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/*
 * `npm run pack -w packages/sdk`: what would be published, in dist/package, or in the folder that is named. JavaScript without a dependency, and types that need valibot alone: what the SDK
 * uses of @agora/core/protocol is in it.
 */

const sdk = path.resolve(import.meta.dirname, "..");
const repository = path.resolve(sdk, "../..");
const require = (name) => fileURLToPath(import.meta.resolve(name));

/** @param into what is in this folder is lost. */
async function pack(into) {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  const manifest = JSON.parse(readFileSync(path.join(sdk, "package.json"), "utf8"));
  const doors = Object.entries(manifest.exports).map(([name, source]) => ({ name, source, out: name === "." ? "index" : name.slice(2) }));
  await build({
    absWorkingDir: sdk,
    entryPoints: Object.fromEntries(doors.map(({ source, out }) => [out, source])),
    outdir: into,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    chunkNames: "chunks/[name]-[hash]",
    logLevel: "warning",
  });
  declare(
    doors.map(({ source }) => path.join(sdk, source)),
    path.join(into, "types"),
  );
  const { name, version, license, type, sideEffects } = manifest;
  const published = {
    name,
    version,
    description: "The client of Agora: its HTTP API, its socket and its streams, for browsers and Node.",
    license,
    type,
    sideEffects,
    engines: { node: ">=20.19" },
    exports: Object.fromEntries(
      doors.map(({ name: door, source, out }) => [
        door,
        { types: `./types/sdk/${source.replace("./", "").replace(/\.ts$/, ".d.ts")}`, default: `./${out}.js` },
      ]),
    ),
    dependencies: { valibot: manifest.devDependencies.valibot },
  };
  writeFileSync(path.join(into, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
  cpSync(path.join(sdk, "README.md"), path.join(into, "README.md"));
  cpSync(path.join(repository, "LICENSE"), path.join(into, "LICENSE"));
}

/** The types of what is reached from these files, as a copy of the folders that they are in. */
function declare(files, into) {
  const packages = path.join(repository, "packages");
  const settings = mkdtempSync(path.join(tmpdir(), "agora-sdk-types-"));
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: packages,
    outDir: into,
    // By its path: of what is found in node_modules nothing is written.
    paths: { "@agora/core/protocol/*": [path.join(packages, "core/src/protocol/*")] },
    typeRoots: [path.join(repository, "node_modules/@types")],
  };
  try {
    const project = path.join(settings, "tsconfig.json");
    writeFileSync(project, JSON.stringify({ extends: path.join(repository, "tsconfig.json"), compilerOptions, files, include: [] }));
    const { status, stdout } = spawnSync(process.execPath, [require("typescript/bin/tsc"), "-p", project], { encoding: "utf8" });
    if (status !== 0) throw new Error(`the types could not be written:\n${stdout}`);
  } finally {
    rmSync(settings, { recursive: true, force: true });
  }
  for (const file of readdirSync(into, { recursive: true, encoding: "utf8" })) {
    if (file.endsWith(".d.ts")) relocate(path.join(into, file), into);
  }
}

/** Names of our own packages become paths, and paths get the ending that Node asks for. */
function relocate(file, root) {
  const text = readFileSync(file, "utf8").replace(/(from |import\()"(@agora\/core\/[^"]+|\.{1,2}\/[^"]+)"/g, (_, before, name) => {
    const target = name.startsWith("@agora/core/")
      ? path.join(root, name.replace("@agora/core/", "core/src/"))
      : path.resolve(path.dirname(file), name);
    const found = existsSync(`${target}.d.ts`) ? `${target}.js` : path.join(target, "index.js");
    const relative = path.relative(path.dirname(file), found);
    return `${before}"${relative.startsWith(".") ? relative : `./${relative}`}"`;
  });
  writeFileSync(file, text);
}

const into = path.resolve(process.argv[2] ?? path.join(sdk, "dist/package"));
await pack(into);
console.log(`${path.relative(process.cwd(), into)} is what \`npm publish\` would take.`);
