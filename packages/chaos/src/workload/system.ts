import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { startEngine, type Engine } from "@agora/local/engine";
import { freePort } from "@agora/local/free-port";
import { startAwsProxy, type AwsProxy } from "../faults/aws-proxy";
import { startTcpProxy, type TcpProxy } from "../faults/tcp-proxy";
import { ProductLog } from "./product-log";

const READY_WITHIN_MS = 60_000;
/** A start that meets a fault ends with one line; whoever supervises the process starts it again. */
const STARTS_MAX = 10;

/** Something more between the faults and the engine, for tests that plant a defect. */
export type Between = (engineUrl: () => string) => Promise<{ url: string; close(): Promise<void> }>;

export interface SystemOptions {
  /** The root of the checkout whose built files run. */
  root: string;
  dataDir: string;
  between?: Between | undefined;
}

/**
 * The product as it is run, with something breakable on both of its sides: clients → `network` → `npm start` → `tables` → the engine. Each of the
 * two processes can be killed and started again; where clients reach it stays the same.
 */
export class SystemUnderTest {
  readonly network: TcpProxy;
  readonly tables: AwsProxy;
  readonly log = new ProductLog();
  readonly #options: SystemOptions;
  readonly #port: number;
  readonly #engine: { current: Engine };
  readonly #closeBetween: () => Promise<void>;
  #server: ChildProcess | undefined;
  #aheadMs = 0;
  /** When the server's clock was put forward. */
  readonly leaps: number[] = [];

  private constructor(parts: { options: SystemOptions; network: TcpProxy; tables: AwsProxy; port: number }, rest: Parts) {
    this.#options = parts.options;
    this.network = parts.network;
    this.tables = parts.tables;
    this.#port = parts.port;
    this.#engine = rest.engine;
    this.#closeBetween = rest.closeBetween;
  }

  static async start(options: SystemOptions): Promise<SystemUnderTest> {
    const engine = { current: await newEngine(options.dataDir) };
    const between = await options.between?.(() => engine.current.endpoint);
    const tables = await startAwsProxy(between?.url ?? engine.current.endpoint);
    const port = await freePort();
    const network = await startTcpProxy(port);
    const closeBetween = between ? () => between.close() : () => Promise.resolve();
    const system = new SystemUnderTest({ options, network, tables, port }, { engine, closeBetween });
    await system.#startServer();
    return system;
  }

  /** Where clients reach it. */
  get origin(): string {
    return `http://127.0.0.1:${this.network.port}`;
  }

  /** `kill -9`: the process has no time for anything. */
  async killServer(): Promise<void> {
    await end(this.#server, "SIGKILL");
  }

  /** Both at once, as when the machine loses its power; what the operating system had been given survives, though. */
  async killAll(): Promise<void> {
    const { pid } = this.#engine.current;
    const server = end(this.#server, "SIGKILL");
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    await server;
    await this.#engine.current.stop();
  }

  /** Starts whatever does not run. */
  async revive({ withEngine = false } = {}): Promise<void> {
    if (withEngine) {
      this.#engine.current = await newEngine(this.#options.dataDir);
      if (!this.#options.between) this.tables.target = this.#engine.current.endpoint;
    }
    await this.#startServer();
  }

  /** When the server starts the next time its clock is ahead by so much more: messages are old then, and leases and sessions are over. */
  leap(ms: number): void {
    this.#aheadMs += ms;
    this.leaps.push(performance.now());
  }

  /** The way an operator does it. */
  async restart(): Promise<void> {
    await end(this.#server, "SIGTERM");
    await this.#startServer();
  }

  async stop(): Promise<void> {
    await end(this.#server, "SIGTERM");
    await Promise.all([this.network.close(), this.tables.close()]);
    await this.#closeBetween();
    await this.#engine.current.stop();
  }

  async #startServer(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const failure = await this.#tryToStart();
      if (failure === undefined) return;
      if (tries === STARTS_MAX) throw new Error(`npm start failed ${STARTS_MAX} times: ${failure}`);
    }
  }

  async #tryToStart(): Promise<string | undefined> {
    const { PATH, HOME } = process.env;
    const inRoot = (file: string) => path.join(this.#options.root, file);
    const clock = pathToFileURL(inRoot("packages/chaos/bin/clock-ahead.mjs")).href;
    const child = spawn(process.execPath, ["--import", clock, inRoot("packages/local/bin/start.mjs")], {
      env: {
        ...(PATH === undefined ? {} : { PATH }),
        ...(HOME === undefined ? {} : { HOME }),
        PORT: String(this.#port),
        AGORA_DATA: this.#options.dataDir,
        AGORA_ORIGIN: this.origin,
        AGORA_TRUST_PROXY: "1", // each person has an address of their own
        AWS_ENDPOINT_URL_DYNAMODB: this.tables.url,
        AGORA_CHAOS_AHEAD_MS: String(this.#aheadMs),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#server = child;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        child.kill("SIGKILL");
      }, READY_WITHIN_MS);
      child.once("exit", (code) => {
        clearTimeout(timer);
        resolve(`it ended with ${code}: ${this.log.tail()}`);
      });
      this.log.follow(child, (line) => {
        if (!line.startsWith("Agora is ready")) return;
        clearTimeout(timer);
        resolve(undefined);
      });
    });
  }
}

interface Parts {
  engine: { current: Engine };
  closeBetween: () => Promise<void>;
}

/** Not the one that the environment may name: this one is going to be killed. */
function newEngine(dataDir: string): Promise<Engine> {
  const { AWS_ENDPOINT_URL_DYNAMODB: _, ...env } = process.env;
  return startEngine({ dataDir: path.join(dataDir, "engine"), env });
}

function end(child: ChildProcess | undefined, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill(signal);
  });
}
