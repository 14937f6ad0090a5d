import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEngine } from "@agora/local/engine";
import { startChild } from "./child";
import { HttpClient } from "./http-client";
import type { Pushing } from "./processes/messages";

export interface Agora {
  name: string;
  /** Of its site. */
  url: string;
  http: HttpClient;
  /** Where its tables are, for a peer that goes to them directly. */
  dataUrl: string;
  onPushing(listener: (pushing: Pushing) => void): void;
  stop(): Promise<void>;
}

const HOOK = path.join(import.meta.dirname, "processes/hook.mjs");

/** The single server as `npm start` runs it, in a process of its own and with an engine of its own. */
export async function startAgora(root: string, name = "Agora"): Promise<Agora> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "agora-bench-"));
  const { AWS_ENDPOINT_URL_DYNAMODB: _, ...env } = process.env;
  const engine = await startEngine({ dataDir: path.join(dataDir, "dynamodb"), env });
  const settings = { PORT: "0", AGORA_DATA: dataDir, AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint };
  const profile = process.env["BENCH_CPU_PROFILE"] ? ["--cpu-prof", `--cpu-prof-dir=${process.env["BENCH_CPU_PROFILE"]}`] : [];
  const server = startChild(path.join(root, "packages/local/dist/main.mjs"), [], { ...env, ...settings }, [...profile, "--import", HOOK]);
  const url = await server.printed(/Agora is ready: (\S+)/);
  const http = new HttpClient(`${url}/api`);
  return {
    name,
    url,
    http,
    dataUrl: engine.endpoint,
    onPushing: (listener) => void server.process.on("message", listener),
    async stop() {
      http.close();
      await server.stop();
      await engine.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
