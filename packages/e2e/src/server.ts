import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** What `npm start` runs. */
const START = path.resolve(import.meta.dirname, "../../local/bin/start.mjs");
const READY_WITHIN_MS = 30_000;

export interface AgoraProcess {
  url: string;
  /** Everything that it printed. */
  output(): string;
  /** @returns the exit code; null if it was killed. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<number | null>;
}

export interface DataFolder {
  path: string;
  remove(): void;
}

export function newDataFolder(): DataFolder {
  const folder = mkdtempSync(path.join(tmpdir(), "agora-e2e-"));
  return { path: folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** What `npm start` runs, as a process of its own that can be killed; or npm itself, with that below it. */
export async function startAgora(data: DataFolder, { port = 0, byNpm = false } = {}): Promise<AgoraProcess> {
  const [file, ...args] = byNpm ? ["npm", "start"] : [process.execPath, START];
  const child = spawn(file, args, {
    cwd: ROOT,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], PORT: String(port), AGORA_DATA: data.path },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const ready = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready after ${READY_WITHIN_MS} ms: ${output}`)), READY_WITHIN_MS);
    const read = (chunk: unknown) => {
      output += String(chunk);
      const url = /Agora is ready: (\S+)/.exec(output)?.[1];
      if (url) {
        clearTimeout(timer);
        resolve(url);
      }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`ended with ${code}: ${output}`)));
  });
  ready.catch(() => child.kill());
  return { url: await ready, output: () => output, stop: (signal = "SIGTERM") => stop(child, signal) };
}

/** An Agora with a folder of its own, which can be stopped and started again at the same address. */
export interface OwnAgora {
  url: string;
  data: DataFolder;
  stop: AgoraProcess["stop"];
  startAgain(): Promise<void>;
  close(): Promise<void>;
}

export async function startOwnAgora(): Promise<OwnAgora> {
  const data = newDataFolder();
  let agora = await startAgora(data);
  const { url } = agora;
  return {
    url,
    data,
    stop: (signal) => agora.stop(signal),
    async startAgain() {
      agora = await startAgora(data, { port: Number(new URL(url).port) });
    },
    async close() {
      await agora.stop();
      data.remove();
    },
  };
}

function stop(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once("exit", resolve);
    child.kill(signal);
  });
}
