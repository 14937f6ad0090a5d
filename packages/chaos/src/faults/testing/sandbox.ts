import { fork, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** CommonJS inside an ES module bundle expects `require`, as SST's bundler knows. */
const BANNER = `import { createRequire as createRequireForBundle } from "node:module"; const require = createRequireForBundle(import.meta.url);`;

interface Reply {
  id: number;
  result?: unknown;
  error?: string;
}

/** A process that runs the handlers, as a sandbox of Lambda does: what they remember dies with it. */
class Sandbox {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  readonly ready: Promise<void>;
  readonly #exited: Promise<void>;
  #ids = 0;

  constructor(file: string, env: NodeJS.ProcessEnv) {
    this.#child = fork(file, { env, stdio: ["ignore", "ignore", "ignore", "ipc"], execArgv: [], serialization: "json" });
    this.#exited = new Promise((resolve) => this.#child.once("exit", () => resolve()));
    this.ready = new Promise((resolve, reject) => {
      this.#child.once("message", () => resolve());
      this.#child.once("exit", (code) => reject(new Error(`the sandbox ended with ${code}`)));
    });
    this.ready.catch(() => undefined); // whoever invokes hears of it
    this.#child.on("message", (reply: Reply | "ready") => {
      if (reply === "ready") return;
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if (reply.error === undefined) waiting?.resolve(reply.result);
      else waiting?.reject(new Error(reply.error));
    });
    this.#child.once("exit", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the sandbox was killed"));
      this.#waiting.clear();
    });
  }

  async invoke(name: string, event: unknown): Promise<unknown> {
    await this.ready;
    const id = this.#ids++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, name, event }, (error) => {
        if (error) reject(error);
      });
    });
  }

  /** SIGKILL. Resolves when it is dead. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }
}

export interface Sandboxes {
  /** Runs in the present sandbox; rejects if that is killed meanwhile. */
  invoke(name: "api" | "socket" | "stream", event: unknown): Promise<unknown>;
  /** Kills the present sandbox; the next one is warm, so that nobody waits. Resolves when it is dead. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** Sandboxes one after the other, with a warm spare. @param env the whole environment of each. */
export async function startSandboxes(env: NodeJS.ProcessEnv): Promise<Sandboxes> {
  const folder = mkdtempSync(path.join(tmpdir(), "agora-sandbox-"));
  const outfile = path.join(folder, "sandbox.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("sandbox-entry.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    mainFields: ["module", "main"],
    banner: { js: BANNER },
    logLevel: "error",
  });
  let present = new Sandbox(outfile, env);
  let spare = new Sandbox(outfile, env);
  await Promise.all([present.ready, spare.ready]);
  return {
    invoke: (name, event) => present.invoke(name, event),
    async kill() {
      const killed = present;
      present = spare;
      spare = new Sandbox(outfile, env);
      await killed.kill();
    },
    async close() {
      await Promise.all([present.kill(), spare.kill()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
