import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { build } from "esbuild";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startEngine, type Engine } from "../dynamodb/engine";
import { findDynamoDbLocal, type EngineName } from "../dynamodb/find-engine";

export function temporaryFolder(): { path: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), "agora-"));
  return { path: folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A client that does not try again: a retry would hide what the engine answered. */
export function clientOf(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({
    region: "us-east-1",
    endpoint,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
}

export interface EngineWorld {
  engine: Engine;
  client: DynamoDBClient;
  dataDir: string;
  stop(): Promise<void>;
}

/** An engine of its own, with an empty data folder. */
export async function startEngineWorld(engineName?: EngineName): Promise<EngineWorld> {
  const folder = temporaryFolder();
  const engine = await startEngine({ dataDir: folder.path, env: {}, ...(engineName ? { engine: engineName } : {}) });
  const client = clientOf(engine.endpoint);
  return {
    engine,
    client,
    dataDir: folder.path,
    async stop() {
      client.destroy();
      await engine.stop();
      folder.remove();
    },
  };
}

/**
 * The engines that statements about DynamoDB are tested on. DynamoDB Local needs Java, which a laptop may lack and CI must not.
 * @throws on CI without DynamoDB Local
 */
export function enginesToTest(): { name: EngineName; skipReason?: string }[] {
  const local = findDynamoDbLocal();
  if (typeof local !== "string") return [{ name: "dynoxide" }, { name: "dynamodb-local" }];
  if (process.env["CI"]) throw new Error(`DynamoDB Local must run on CI: ${local}`);
  console.warn(`Skipped on DynamoDB Local: ${local}.`);
  return [{ name: "dynoxide" }, { name: "dynamodb-local", skipReason: local }];
}

export interface EngineOwner {
  process: ChildProcess;
  /** Of the owner itself, also where `process` is what it was started under. */
  pid: number;
  endpoint: string;
  enginePid: number;
}

/**
 * A process of its own that owns an engine. SIGTERM stops both.
 * @param under a command that runs it, such as a tracer
 */
export async function startEngineOwner(dataDir: string, scratchDir: string, under: string[] = []): Promise<EngineOwner> {
  const outfile = path.join(scratchDir, "engine-owner.mjs");
  const source = fileURLToPath(new URL("engine-owner.ts", import.meta.url));
  await build({ entryPoints: [source], outfile, bundle: true, platform: "node", format: "esm", logLevel: "error" });
  const modules = fileURLToPath(new URL("../../../../node_modules", import.meta.url));
  const [command, ...args] = [...under, process.execPath, outfile, dataDir];
  const owner = spawn(command, args, {
    env: { ...process.env, NODE_PATH: modules },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((resolve, reject) => {
    owner.stdout.once("data", (chunk) => resolve(String(chunk)));
    owner.once("exit", (code) => reject(new Error(`The owner ended with code ${code}`)));
  });
  const started = JSON.parse(line) as { pid: number; endpoint: string; enginePid: number };
  return { process: owner, ...started };
}
