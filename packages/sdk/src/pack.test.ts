import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const MINUTE_MS = 60_000;

let home: string;
const inPackage = (...parts: string[]) => path.join(home, "node_modules/@agora/sdk", ...parts);
const file = (name: string, text: string) => {
  writeFileSync(path.join(home, name), text);
  return path.join(home, name);
};

/** Somebody's project, with the packed SDK and valibot in it and nothing else. */
beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), "agora-sdk-"));
  mkdirSync(path.join(home, "node_modules/@agora"), { recursive: true });
  const script = fileURLToPath(new URL("../bin/pack.mjs", import.meta.url));
  expect(spawnSync(process.execPath, [script, inPackage()], { encoding: "utf8" }).stderr).toBe("");
  symlinkSync(path.resolve(fileURLToPath(import.meta.resolve("valibot")), "../.."), path.join(home, "node_modules/valibot"));
  file("package.json", JSON.stringify({ type: "module" }));
}, 5 * MINUTE_MS);
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe("the packed SDK", () => {
  test("runs in Node as it is, with no dependency", () => {
    const script = `
      import { AgoraError, createRest } from "@agora/sdk";
      import { createConsumer, createProducer, read } from "@agora/sdk/streams";
      const rest = createRest({ baseUrl: "http://localhost:9/api", token: "agk_x" });
      const error = await rest.me().catch((caught) => caught);
      console.log([typeof rest.produce, typeof createConsumer, typeof createProducer, typeof read, error instanceof AgoraError, error.code].join());
    `;
    rmSync(path.join(home, "node_modules/valibot"));
    const { stdout, stderr } = spawnSync(process.execPath, [file("use.js", script)], { encoding: "utf8" });
    symlinkSync(path.resolve(fileURLToPath(import.meta.resolve("valibot")), "../.."), path.join(home, "node_modules/valibot"));
    expect([stdout.trim(), stderr]).toEqual([expect.stringMatching(/^function,function,function,function,true,\w+/), ""]);
  });

  test(
    "has types of its own, for Node's way of finding files and for a bundler's: right ones, that refuse what is wrong",
    { timeout: 5 * MINUTE_MS },
    () => {
      file(
        "right.ts",
        `import { createRest, type Message } from "@agora/sdk";
       import { createConsumer, createProducer, read } from "@agora/sdk/streams";
       const client = createRest({ baseUrl: "", token: "" });
       export const said: Promise<Message> = client.sendMessage({ server_id: "a", channel_id: "b", content: "c" });
       export const offset: Promise<number> = createProducer({ client, topic: "t" }).send({ any: [1] }, { key: "k" });
       for await (const { offset, payload } of createConsumer({ client, topic: "t", group: "g" })) console.log(offset.toFixed(), payload);
       for await (const message of read({ client, topic: "t" })) console.log(message.timestamp.toFixed());`,
      );
      file(
        "wrong.ts",
        `import { createRest } from "@agora/sdk";
       const client = createRest({ baseUrl: "", token: "" });
       export const said = client.sendMessage({ server_id: "a", content: "c" });
       export const head: string = (await client.getTopic({ topic: "t" })).head;`,
      );
      for (const [module, moduleResolution] of [
        ["nodenext", "nodenext"],
        ["esnext", "bundler"],
      ] as const) {
        const check = (name: string) => {
          const lib = ["es2023", "es2024.string", "dom", "dom.iterable"];
          const compilerOptions = { noEmit: true, strict: true, target: "es2022", lib, types: [], module, moduleResolution };
          file("tsconfig.json", JSON.stringify({ compilerOptions, files: [name] }));
          const tsc = fileURLToPath(import.meta.resolve("typescript/bin/tsc"));
          return spawnSync(process.execPath, [tsc], { cwd: home, encoding: "utf8" }).stdout;
        };
        expect([module, check("right.ts")]).toEqual([module, ""]);
        expect([...check("wrong.ts").matchAll(/wrong\.ts\((\d),/g)].map(([, line]) => line)).toEqual(["3", "4"]);
      }
    },
  );

  test("leaves out of a bundle what is not used", async () => {
    const sizeOf = async (contents: string) => {
      const { outputFiles } = await build({
        stdin: { contents, resolveDir: home },
        bundle: true,
        minify: true,
        format: "esm",
        platform: "browser",
        write: false,
      });
      return outputFiles[0]?.contents.length ?? 0;
    };
    const [reader, producer, all] = [
      await sizeOf(`export { read } from "@agora/sdk/streams";`),
      await sizeOf(`export { createProducer } from "@agora/sdk/streams";`),
      await sizeOf(`export * from "@agora/sdk"; export * from "@agora/sdk/streams";`),
    ];
    expect(reader).toBeLessThan(8_000);
    expect(producer).toBeLessThan(12_000);
    expect(all).toBeGreaterThan(4 * producer);
  });

  test("names nothing of this repository", () => {
    for (const name of readdirSync(inPackage(), { recursive: true, encoding: "utf8" })) {
      if (!/\.(js|ts|json)$/.test(name)) continue;
      expect([name, /@agora\/core|file:\/\/|\/packages\//.exec(readFileSync(inPackage(name), "utf8"))]).toEqual([name, null]);
    }
    expect(JSON.parse(readFileSync(inPackage("package.json"), "utf8"))).toMatchObject({ name: "@agora/sdk", sideEffects: false });
  });
});
