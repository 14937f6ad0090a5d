import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { EngineError } from "./engine-error";
import { processIdentity } from "./process-identity";

interface Recorded {
  pid: number;
  identity: string;
}

interface LockFile {
  owner: Recorded;
  engine?: Recorded;
}

const FILE_NAME = "engine.pid";
const KILL_WAIT_MS = 5_000;
/** A process that was just sent SIGKILL is still there for a moment. */
const DYING_MS = 500;
const POLL_MS = 5;

/** Says which process uses a data folder, and which engine runs for it. Two engines on one database would each believe to be alone. */
export class DataLock {
  readonly #path: string;

  private constructor(filePath: string) {
    this.#path = filePath;
  }

  /**
   * Takes the folder for this process. What a killed owner left behind is cleared away, its engine included.
   * @throws EngineError if another living process has it
   */
  static async acquire(dataDir: string): Promise<DataLock> {
    const filePath = path.join(dataDir, FILE_NAME);
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        writeFileSync(filePath, encode({ owner: record(process.pid) }), { flag: "wx" }); // fails if it exists: the file is the lock
        return new DataLock(filePath);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const found = read(filePath);
      if (found && !(await endsWithin(found.owner, DYING_MS))) {
        throw new EngineError(
          `Process ${found.owner.pid} already uses the data in ${dataDir}. Stop it first, or choose another data folder.`,
        );
      }
      if (found?.engine) await killIfAlive(found.engine);
      rmSync(filePath, { force: true });
    }
    throw new EngineError(`Another process is starting on the data in ${dataDir}.`);
  }

  engineStarted(pid: number): void {
    writeFileSync(this.#path, encode({ owner: record(process.pid), engine: record(pid) }));
  }

  release(): void {
    rmSync(this.#path, { force: true });
  }
}

function record(pid: number): Recorded {
  return { pid, identity: processIdentity(pid) ?? "" };
}

function encode(lock: LockFile): string {
  return `${JSON.stringify(lock)}\n`;
}

function read(filePath: string): LockFile | undefined {
  try {
    return JSON.parse(readFileSync(filePath, "utf8")) as LockFile;
  } catch {
    return undefined; // gone meanwhile, or cut short by the death of its writer: nobody's
  }
}

function isAlive({ pid, identity }: Recorded): boolean {
  return identity !== "" && processIdentity(pid) === identity;
}

async function endsWithin(recorded: Recorded, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (isAlive(recorded)) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return true;
}

async function killIfAlive(engine: Recorded): Promise<void> {
  if (!isAlive(engine)) return;
  try {
    process.kill(engine.pid, "SIGKILL"); // harmless to the data: what was acknowledged is on disk
  } catch {
    // it ended by itself in between
  }
  if (await endsWithin(engine, KILL_WAIT_MS)) return;
  throw new EngineError(`The DynamoDB engine of an earlier run (process ${engine.pid}) does not end.`);
}
