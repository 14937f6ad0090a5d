import { spawn, type ChildProcess } from "node:child_process";
import { makeFolder } from "../make-folder";
import { freePort } from "../free-port";
import { DataLock } from "./data-lock";
import { EngineError } from "./engine-error";
import { findEngine, type EngineCommand, type EngineName, type FindOptions } from "./find-engine";

export interface EngineOptions extends FindOptions {
  /** The engine ended by itself. Without its tables a process must not go on serving: log the error and stop. */
  onExit?: (error: EngineError) => void;
  env?: NodeJS.ProcessEnv;
}

export interface Engine {
  /** For `AWS_ENDPOINT_URL_DYNAMODB`. */
  endpoint: string;
  /** `external` is one that the user named; nothing was started. */
  name: EngineName | "external";
  pid: number | undefined;
  startupMs: number;
  /** SIGTERM, after eight seconds SIGKILL. Safe to call twice. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 3;
const STOP_TIMEOUT_MS = 8_000;
const LOG_CHARACTERS = 2_000;

/**
 * Runs in place of the engine until `exec` makes it the engine, with the same process number. What it leaves behind is a subshell that
 * waits for the end of a pipe from us: when this process dies, however it dies, the pipe ends and the engine is killed. A line on the pipe
 * says that the engine is gone already and its number must not be touched any more.
 */
const GUARD = 'exec 3<&0; ( read -r _ <&3 || kill -KILL $$ ) >/dev/null 2>&1 & exec "$@" </dev/null 3<&-';

/**
 * Starts DynamoDB on this machine, on a free port, with its data in `dataDir`. If `AWS_ENDPOINT_URL_DYNAMODB` is set, nothing is started.
 * @throws EngineError
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { dataDir, onExit, env = process.env } = options;
  const external = env["AWS_ENDPOINT_URL_DYNAMODB"];
  if (external) return { endpoint: external, name: "external", pid: undefined, startupMs: 0, stop: async () => undefined };

  const started = performance.now();
  makeFolder(dataDir);
  const lock = await DataLock.acquire(dataDir);
  try {
    const command = await findEngine(options);
    const running = await launch(command, dataDir, lock);
    let isStopping = false;
    void running.exited.then((how) => {
      lock.release();
      if (!isStopping) onExit?.(new EngineError(`The DynamoDB engine (${command.name}) ended by itself, ${how}. ${running.log()}`));
    });
    return {
      endpoint: `http://127.0.0.1:${running.port}`,
      name: command.name,
      pid: running.child.pid,
      startupMs: Math.round(performance.now() - started),
      async stop() {
        isStopping = true;
        running.child.kill("SIGTERM");
        const force = setTimeout(() => running.child.kill("SIGKILL"), STOP_TIMEOUT_MS);
        await running.exited;
        clearTimeout(force);
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface Running {
  child: ChildProcess;
  port: number;
  exited: Promise<string>;
  log(): string;
}

/** A port that was free a moment ago can be taken by now, hence the second attempt. */
async function launch(command: EngineCommand, dataDir: string, lock: DataLock, attemptsLeft = 2): Promise<Running> {
  const port = await freePort();
  const running = spawnEngine(command, port, dataDir);
  if (running.child.pid) lock.engineStarted(running.child.pid);
  const outcome = await Promise.race([running.exited, answers(port)]);
  if (outcome === "ready") return running;
  if (outcome === "silent") running.child.kill("SIGKILL");
  else if (attemptsLeft > 1) return launch(command, dataDir, lock, attemptsLeft - 1);
  const how = outcome === "silent" ? `does not answer after ${READY_TIMEOUT_MS / 1000} s` : `did not start: ${outcome}`;
  throw new EngineError(`The DynamoDB engine (${command.name}) ${how}. ${running.log()}`);
}

function spawnEngine({ file, args, cwd }: EngineCommand, port: number, dataDir: string): Running {
  const engineArgs = args(port, dataDir);
  const isWindows = process.platform === "win32"; // there the lock file alone tells the next start what is left
  const [command, commandArgs] = isWindows ? [file, engineArgs] : ["/bin/sh", ["-c", GUARD, "agora-engine", file, ...engineArgs]];
  // Its own process group: Ctrl-C at the terminal is for this process, which still needs the tables to finish what it is doing.
  const child = spawn(command, commandArgs, { ...(cwd ? { cwd } : {}), detached: !isWindows, stdio: ["pipe", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => (log = (log + String(chunk)).slice(-LOG_CHARACTERS)));
  }
  child.stdin.on("error", () => undefined); // the guard may be gone
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      child.stdin.end("done\n");
      resolve(signal ? `killed by ${signal}` : `with code ${code}`);
    });
    child.once("error", (error) => resolve(error.message));
  });
  return { child, port, exited, log: () => log.trim() };
}

async function answers(port: number): Promise<"ready" | "silent"> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    try {
      await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1000) }); // any answer will do
      return "ready";
    } catch {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
  return "silent";
}
