import { spawn, type ChildProcess } from "node:child_process";
import { on, once } from "node:events";

/** A process of the benchmark: it ends with this one, and can be told things. */
export interface Child {
  process: ChildProcess;
  /** Resolves with what the pattern captured in the output. */
  printed(pattern: RegExp): Promise<string>;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;

export function startChild(file: string, args: string[] = [], env: NodeJS.ProcessEnv = process.env, nodeArgs: string[] = []): Child {
  const child = spawn(process.execPath, [...nodeArgs, file, ...args], { env, stdio: ["ignore", "pipe", "inherit", "ipc"] });
  const exited = once(child, "exit");
  return {
    process: child,
    async printed(pattern) {
      if (!child.stdout) throw new Error("the child has no output");
      let text = "";
      for await (const [chunk] of on(child.stdout, "data", { signal: AbortSignal.timeout(READY_WITHIN_MS) })) {
        text += String(chunk);
        const found = pattern.exec(text)?.[1];
        if (found === undefined) continue;
        child.stdout.resume();
        return found;
      }
      throw new Error(`${file} never printed ${pattern.source}`);
    },
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
