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
/** What failed, to be said once more at the end: it is thousands of lines up by then, and a log that is cut off keeps its end. */
const failures = [];

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
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
    failures.push(...testResults.flatMap(failuresOf));
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** What failed in one file: its tests, or the file itself that could not be run, each with the beginning of its message. */
function failuresOf({ name, status, message, assertionResults }) {
  const file = path.relative(root, name);
  const failed = assertionResults.filter((test) => test.status === "failed");
  if (failed.length === 0) return status === "failed" ? [`${file}\n${beginning(message)}`] : [];
  return failed.map((test) => `${file} > ${test.fullName}\n${beginning(test.failureMessages.join("\n"))}`);
}

function beginning(message) {
  const lines = message.split("\n").filter((line) => line.trim() !== "");
  return lines
    .slice(0, 12)
    .map((line) => `    ${line.slice(0, 300)}`)
    .join("\n");
}

function add({ passed, failed, skipped = 0 }) {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
}

await buildAll();
if (selection.length === 0) {
  const checked = await check();
  add(checked);
  failures.push(...checked.failures.map(({ name, output }) => `${name}\n${beginning(output)}`));
}
for (const projects of STAGES) {
  const result = await vitest(projects);
  // A suite that could not be loaded, or an error outside of any test, leaves no failed test behind but a code.
  if (result.code !== 0 && result.failed === 0) result.failed = 1;
  add(result);
}
if (failures.length > 0) console.log(`\nWhat failed:\n\n${failures.join("\n\n")}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ""}`);
process.exitCode = totals.failed > 0 ? 1 : 0;
