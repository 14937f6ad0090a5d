import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inRoot, root } from "./paths.mjs";
import { ensureInstalled, quietSdk } from "./setup.mjs";

/*
 * Everything that can be tested on one machine: the checks, then the tests by what they need, the browser last and by itself. What stands behind
 * `npm test --` goes to vitest: a file, or `-t` with a name.
 */
ensureInstalled({ withDevelopment: true });
quietSdk();
const { buildAll } = await import("./bundle.mjs");
const { check } = await import("./check.mjs");

const STAGES = [["unit", "web", "db", "infra"], ["e2e"]];
const selection = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: 0 };

function vitest(projects) {
  const folder = mkdtempSync(path.join(tmpdir(), "agora-report-"));
  const report = path.join(folder, "report.json");
  const args = [
    "run",
    "--config",
    ".config/vitest.config.ts",
    "--root",
    ".",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...(selection.length > 0 ? ["--passWithNoTests"] : []),
    ...projects.flatMap((name) => ["--project", name]),
    ...selection,
  ];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [inRoot("node_modules/vitest/vitest.mjs"), ...args], {
      cwd: root,
      stdio: "inherit",
    });
    child.once("exit", (code) => {
      resolve({ code, ...read(report) });
      rmSync(folder, { recursive: true, force: true });
    });
  });
}

/** A run that died before it could report has failed. */
function read(report) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, "utf8"));
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function add({ passed, failed, skipped = 0 }) {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
}

await buildAll();
if (selection.length === 0) add(await check());
for (const projects of STAGES) {
  const result = await vitest(projects);
  // A suite that could not be loaded, or an error outside of any test, leaves no failed test behind but a code.
  if (result.code !== 0 && result.failed === 0) result.failed = 1;
  add(result);
}
console.log(`\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ""}`);
process.exitCode = totals.failed > 0 ? 1 : 0;
