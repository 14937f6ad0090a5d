import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { clientOf, startEngineOwner, temporaryFolder } from "../testing/engine-world";
import { until } from "../testing/serve";
import { createTables } from "./create-tables";
import { startEngine, type Engine, type EngineOptions } from "./engine";
import { EngineError } from "./engine-error";
import { processIdentity } from "./process-identity";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function folder(): string {
  const made = temporaryFolder();
  cleanups.push(made.remove);
  return made.path;
}

async function start(dataDir: string, options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = await startEngine({ dataDir, env: {}, engine: "dynoxide", ...options });
  cleanups.push(engine.stop);
  return engine;
}

async function put(endpoint: string, name: string): Promise<void> {
  const client = clientOf(endpoint);
  cleanups.push(() => client.destroy());
  await createTables(client);
  await client.send(new PutItemCommand({ TableName: "Names", Item: { name: { S: name } } }));
}

async function has(endpoint: string, name: string): Promise<boolean> {
  const client = clientOf(endpoint);
  cleanups.push(() => client.destroy());
  const { Item } = await client.send(new GetItemCommand({ TableName: "Names", Key: { name: { S: name } } }));
  return Item !== undefined;
}

const lockOf = (dataDir: string) => path.join(dataDir, "engine.pid");

describe("an engine", () => {
  it("is started on a free port, and stopped with nothing left of it", async () => {
    const dataDir = folder();
    const engine = await start(dataDir);
    await put(engine.endpoint, "a");
    const pid = engine.pid!; // it was started here, so it has one
    await engine.stop();
    await engine.stop();
    expect(processIdentity(pid)).toBeUndefined();
    expect(existsSync(lockOf(dataDir))).toBe(false);
    const again = await start(dataDir);
    expect(await has(again.endpoint, "a")).toBe(true);
  });

  it("is the one that the user names, if any, and then nothing is started", async () => {
    const dataDir = folder();
    const engine = await start(dataDir, { env: { AWS_ENDPOINT_URL_DYNAMODB: "http://db.example" } });
    expect(engine).toMatchObject({ endpoint: "http://db.example", name: "external", pid: undefined });
    expect(existsSync(lockOf(dataDir))).toBe(false);
  });

  it("is not in our process group, so that Ctrl-C does not end it before we are done", async () => {
    const engine = await start(folder());
    expect(() => process.kill(-engine.pid!, 0)).not.toThrow(); // a group of its own has the leader's number
  });

  it("that ends by itself is reported, and one that was stopped is not", async () => {
    const reports: Error[] = [];
    const options = { onExit: (error: Error) => void reports.push(error) };
    await (await start(folder(), options)).stop();
    const engine = await start(folder(), options);
    process.kill(engine.pid!, "SIGKILL");
    await until(() => reports.length, "the report");
    expect(reports).toHaveLength(1);
    expect(reports[0]).toBeInstanceOf(EngineError);
    expect(reports[0]?.message).toContain("killed by SIGKILL");
  });

  it("that cannot start says why", async () => {
    const dataDir = folder();
    writeFileSync(path.join(dataDir, "dynamodb.sqlite"), "this is no database, and longer than the header of one ".repeat(10));
    await expect(start(dataDir)).rejects.toThrow(/did not start: with code \d+\. .+/s);
    expect(existsSync(lockOf(dataDir))).toBe(false);
  });
});

describe("a data folder", () => {
  it("belongs to one living process", async () => {
    const dataDir = folder();
    const engine = await start(dataDir);
    await expect(start(dataDir)).rejects.toThrow(`Process ${process.pid} already uses the data`);
    await engine.stop();
    await expect(start(dataDir)).resolves.toBeDefined();
  });

  it("can be used at once after its owner was killed with SIGKILL: the data is there, and the engine is not left behind", async () => {
    const dataDir = folder();
    const owner = await startEngineOwner(dataDir, folder());
    await put(owner.endpoint, "before");
    owner.process.kill("SIGKILL");
    const engine = await start(dataDir);
    expect(processIdentity(owner.enginePid)).toBeUndefined();
    expect(await has(engine.endpoint, "before")).toBe(true);
  });

  it("is left by the engine of a killed owner even if nobody starts again", async () => {
    const owner = await startEngineOwner(folder(), folder());
    expect(processIdentity(owner.enginePid)).toBeDefined();
    owner.process.kill("SIGKILL");
    await until(() => processIdentity(owner.enginePid) === undefined, "the engine to end");
  });

  it("is cleared of an engine whose guard was killed too", async () => {
    const dataDir = folder();
    const orphan = spawn("sleep", ["60"]);
    const dead = { pid: process.pid, identity: "an earlier process with our number" };
    writeFileSync(lockOf(dataDir), JSON.stringify({ owner: dead, engine: { pid: orphan.pid, identity: processIdentity(orphan.pid!) } }));
    const ended = once(orphan, "exit");
    await start(dataDir);
    expect((await ended)[1]).toBe("SIGKILL");
    expect(JSON.parse(readFileSync(lockOf(dataDir), "utf8"))).toMatchObject({ owner: { pid: process.pid } });
  });

  it("does not make us end a stranger that got the engine's number", async () => {
    const dataDir = folder();
    const stranger = spawn("sleep", ["60"]);
    cleanups.push(() => stranger.kill());
    const dead = { pid: process.pid, identity: "an earlier process with our number" };
    writeFileSync(lockOf(dataDir), JSON.stringify({ owner: dead, engine: { pid: stranger.pid, identity: "an earlier process" } }));
    await start(dataDir);
    expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null]);
  });

  it("can be used when its lock was cut short by the death of its writer", async () => {
    const dataDir = folder();
    writeFileSync(lockOf(dataDir), '{"owner":{"pi');
    await expect(start(dataDir)).resolves.toBeDefined();
  });
});
