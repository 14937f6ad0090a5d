import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { inRoot, root } from "./paths.mjs";

const OLDEST_NODE = [20, 19];

/** One clear line, and out. */
export function stop(message) {
  console.error(`agora: ${message}`);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  stop(`needs Node.js ${OLDEST_NODE.join(".")} or newer; this is ${process.versions.node}.`);
}

/**
 * Installs what the lock file says, unless it is there. Running Agora needs about a third of what its tests and its deployment need, so
 * `npm start` on a fresh clone installs that third only; it takes nothing away where more is installed.
 */
export function ensureInstalled({ withDevelopment }) {
  checkNode();
  const hasDevelopment = existsSync(inRoot("node_modules/vitest"));
  if (isUpToDate() && (hasDevelopment || !withDevelopment)) return;
  const all = withDevelopment || hasDevelopment;
  console.log(`Installing packages${all ? "" : " (about a minute, this once)"} …`);
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error", ...(all ? [] : ["--omit=dev"])], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0) stop("`npm ci` failed; what it said stands above. Is the npm registry reachable?");
  writeFileSync(inRoot(MARKER), lockDigest());
}

const MARKER = "node_modules/.agora-installed";

const lockDigest = () =>
  createHash("sha256")
    .update(readFileSync(inRoot("package-lock.json")))
    .digest("hex");

/** By our own mark; or by npm's, for somebody who ran `npm install`, which leaves the list of what it installed behind. */
function isUpToDate() {
  if (existsSync(inRoot(MARKER)) && readFileSync(inRoot(MARKER), "utf8") === lockDigest()) return true;
  const installed = inRoot("node_modules/.package-lock.json");
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(inRoot("package-lock.json")).mtimeMs;
}

/** The AWS SDK warns at every start on Node 20, which its versions of 2027 will not support; the lock file keeps the ones that do (docs/operate.md). */
export function quietSdk() {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
}
