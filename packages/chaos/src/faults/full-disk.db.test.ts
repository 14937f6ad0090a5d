import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createTables } from "@agora/local/create-tables";
import { startEngine, type Engine } from "@agora/local/engine";
import { freePort } from "@agora/local/free-port";
import { findEngine } from "@agora/local/find-engine";
import { startStack, type Person, type Stack } from "@agora/local/testing/stack";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startAwsProxy, type AwsProxy } from "./aws-proxy";
import { problemsOfLog, problemsOfOutcome } from "./invariants";
import { Place } from "./testing/place";

/** Half a kilobyte, or a whole one, by shell: what is free behind the data that is there at the beginning is one megabyte or two. */
const FREE_BLOCKS = 2_048;
const BLOCK_BYTES = 512;
const REFUSALS = 5;
const LARGE = "x".repeat(4_000);

const cannotLimit = process.platform === "win32" || spawnSync("/bin/sh", ["-c", "ulimit -f 1000"]).status !== 0;
if (cannotLimit) console.warn("Skipped, a full disk: this system has no `ulimit -f`, the limit of a file's size that stands for it.");

const dataDir = mkdtempSync(path.join(tmpdir(), "agora-full-disk-"));
let proxy: AwsProxy;
let stack: Stack;
let limited: ChildProcess | undefined;
let unlimited: Engine | undefined;

/** The engine, with a bound on what it may write into one file; the kernel's signal at that bound is ignored, so that it sees a failed write as on a full disk. */
async function startLimited(blocks: number): Promise<string> {
  const command = await findEngine({ dataDir, engine: "dynoxide" });
  const port = await freePort();
  const script = `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`;
  limited = spawn("/bin/sh", ["-c", script, "engine", command.file, ...command.args(port, dataDir)], { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 500; tries++) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return url;
    await sleep(10);
  }
  throw new Error("the limited engine does not answer");
}

const startUnlimited = async () => (unlimited = await startEngine({ dataDir, env: {}, engine: "dynoxide" }));

async function stopLimited(): Promise<void> {
  if (!limited || limited.exitCode !== null || limited.signalCode !== null) return;
  const exited = new Promise((resolve) => limited?.once("exit", resolve));
  limited.kill("SIGKILL");
  await exited;
}

beforeAll(async () => {
  if (cannotLimit) return;
  for (const level of ["warn", "error"] as const) vi.spyOn(console, level).mockReturnValue(); // a line for each refusal
  const { endpoint } = await startUnlimited();
  const client = new DynamoDBClient({ region: "us-east-1", endpoint, credentials: { accessKeyId: "local", secretAccessKey: "local" } });
  await createTables(client);
  client.destroy();
  await unlimited?.stop();
  unlimited = undefined;
  const blocks = Math.ceil(statSync(path.join(dataDir, "dynamodb.sqlite")).size / BLOCK_BYTES) + FREE_BLOCKS;
  proxy = await startAwsProxy(await startLimited(blocks));
  process.env["AWS_ENDPOINT_URL_DYNAMODB"] = proxy.url;
  stack = await startStack();
});
afterAll(async () => {
  if (!cannotLimit) {
    await stack.close();
    await proxy.close();
    await stopLimited();
    await unlimited?.stop();
  }
  rmSync(dataDir, { recursive: true, force: true });
});

test.skipIf(cannotLimit)(
  "a full disk is unavailable, never an acknowledgement; with room again everything acknowledged is there, and it goes on",
  { timeout: 60_000 },
  async () => {
    const owner: Person = await stack.register();
    const place = await Place.make(stack, owner, { messages: 1 });
    const problems: string[] = [];
    const refused: ReturnType<Place["say"]>[] = [];
    for (let i = 0; i < 5_000 && refused.length < REFUSALS; i++) {
      const said = place.say(`${i} ${LARGE}`.slice(0, LARGE.length));
      const { status, headers, body } = await stack.api(`POST ${place.path}`, { token: owner.token, body: said.body });
      if (status === 201) said.seq = body.seq as number;
      else {
        refused.push(said);
        problems.push(
          ...problemsOfOutcome({ kind: "refused", status, code: body?.code as string, retryAfter: headers.get("retry-after") }),
        );
      }
    }
    expect(problems).toEqual([]);
    expect(refused).toHaveLength(REFUSALS);
    expect(place.said.length).toBeGreaterThan(REFUSALS + 20);
    expect([limited?.exitCode, limited?.signalCode]).toEqual([null, null]); // it answers that it cannot write

    await stopLimited();
    proxy.target = (await startUnlimited()).endpoint;
    for (const said of refused) await place.send(said);
    await place.send(place.say("and on"));
    expect(problemsOfLog(await place.read(), place.said)).toEqual([]);
  },
);
