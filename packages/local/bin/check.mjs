import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { inRoot, root } from "./paths.mjs";
import { ensureInstalled } from "./setup.mjs";

/** What is checked without running the product. Each is one passed or failed in the totals of `npm test`. */
const CHECKS = [
  { name: "formatting (prettier)", command: ["prettier", "--check", "--log-level", "warn", "."] },
  { name: "types", command: ["tsc", "--noEmit", "-p", "tsconfig.json"] },
  { name: "types of the infrastructure", command: ["npm", "run", "--silent", "check", "-w", "packages/infra"] },
  { name: "types of the site (svelte-check)", command: ["npm", "run", "--silent", "check", "-w", "packages/web"] },
  { name: "lint (eslint)", command: ["eslint", "-c", ".config/eslint.config.js", "--max-warnings", "0", "packages"] },
  { name: "import walls (dependency-cruiser)", command: ["depcruise", "--config", ".config/dependency-cruiser.cjs", "packages"] },
  { name: "unused files, exports and packages (knip)", command: ["knip", "-c", ".config/knip.json"] },
];

function run([tool, ...args]) {
  const isNpm = tool === "npm";
  const command = isNpm ? "npm" : inRoot("node_modules/.bin", tool);
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], shell: process.platform === "win32" });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
    child.once("error", (error) => resolve({ passed: false, output: error.message }));
    child.once("exit", (code) => resolve({ passed: code === 0, output }));
  });
}

/** Runs all checks, two at a time, and prints what the failed ones say: their names are in `failures`, with that. */
export async function check() {
  const waiting = [...CHECKS];
  const totals = { passed: 0, failed: 0, failures: [] };
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const started = performance.now();
      const { passed, output } = await run(next.command);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${passed ? "✓" : "✗"} ${next.name} (${seconds} s)${passed ? "" : `\n${output}`}`);
      totals[passed ? "passed" : "failed"]++;
      if (!passed) totals.failures.push({ name: next.name, output });
    }
  };
  await Promise.all([work(), work()]);
  return totals;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureInstalled({ withDevelopment: true });
  const { failed } = await check();
  process.exitCode = failed > 0 ? 1 : 0;
}
