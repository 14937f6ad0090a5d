import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { isMet, type Outcome } from "./outcome";

const INTRODUCTION = `# Benchmarks

Each section is one run of \`npm run bench\`, written by \`npm run bench -- <name> --write\`. Whatever is measured stands beside a peer of the same run, whose requests alternate with ours,
so that noise on the machine meets both: the ratios say something, the absolute times only something about this machine. Goals that are not met stand here as such.
`;

/** As a section of docs/benchmarks.md. */
export function toMarkdown(name: string, outcome: Outcome, command: string): string {
  const { title, method, tables, goals, notes } = outcome;
  const gib = Math.round(totalmem() / 2 ** 30);
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${gib} GiB, Node ${process.version}, ${process.platform}-${process.arch}`;
  return [
    `<!-- bench:${name} -->`,
    `## ${title}`,
    "",
    method,
    "",
    `${new Date().toISOString().slice(0, 10)}, ${machine}, load average ${loadavg()[1]?.toFixed(1)}. \`${command}\``,
    ...tables.flatMap(({ heading, unit, rows }) => [
      "",
      `| ${heading} (${unit}) | p50 | p95 | p99 | n |`,
      "|---|---|---|---|---|",
      ...rows.map(
        ({ name: row, summary: { count, p50, p95, p99 } }) => `| ${row} | ${figure(p50)} | ${figure(p95)} | ${figure(p99)} | ${count} |`,
      ),
    ]),
    "",
    "| goal | reached | limit | |",
    "|---|---|---|---|",
    ...goals.map(
      (goal) => `| ${goal.text} | ${figure(goal.value)} | ${goal.is} ${figure(goal.limit)} | ${isMet(goal) ? "met" : "**not met**"} |`,
    ),
    ...notes.flatMap((note) => ["", note]),
    `<!-- /bench:${name} -->`,
    "",
  ].join("\n");
}

/** Puts the section in the place of the one of the same name, or behind the others. */
export function withSection(document: string | undefined, name: string, section: string): string {
  const text = document ?? `${INTRODUCTION}\n`;
  const start = text.indexOf(`<!-- bench:${name} -->`);
  const closing = `<!-- /bench:${name} -->\n`;
  const end = text.indexOf(closing, start);
  if (start < 0 || end < 0) return `${text.trimEnd()}\n\n${section}`;
  return text.slice(0, start) + section + text.slice(end + closing.length);
}

export function writeSection(file: string, name: string, section: string): void {
  writeFileSync(file, withSection(existsSync(file) ? readFileSync(file, "utf8") : undefined, name, section));
}

function figure(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
