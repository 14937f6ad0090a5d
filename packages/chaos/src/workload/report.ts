import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Figures, RunFigures } from "./figures";
import type { RunResult } from "./run";
import type { StreamFigures } from "./streams/figures";

/** All but the history, which would fill a disk. */
type Reported<F extends RunFigures = RunFigures> = Omit<RunResult<F, string>, "history">;

const listed = (counts: Record<string, number>) =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");

/** One line with the figures of a run. */
export function figuresLine({ seed, figures, verdict, failures }: Reported<Figures>): string {
  return [
    `seed ${seed}: ${figures.acknowledged} messages acknowledged in ${figures.talkSeconds} s (${figures.messagesPerSecond}/s) in ${figures.logs} logs by ${figures.people} people`,
    `${figures.deliveries} deliveries to ${figures.observers} observers, ${figures.reads} pages, ${figures.kicks} kicks, ${figures.clientRestarts} client restarts, ${figures.reconnects} reconnects`,
    ...outcome({ figures, verdict, failures }),
  ].join(" | ");
}

/** One line with the figures of a run of streams. */
export function streamFiguresLine({ seed, figures, verdict, failures }: Reported<StreamFigures & { sealed: number }>): string {
  return [
    `seed ${seed}: ${figures.acknowledged} messages acknowledged in ${figures.talkSeconds} s (${figures.messagesPerSecond}/s) in ${figures.logs} topics by ${figures.producers} producers`,
    `${figures.deliveries} deliveries in ${figures.observers} sessions, ${figures.reads} pages, ${figures.groups} groups, ${figures.polls} polls, ${figures.commits} commits, ${figures.generations} generations, ${figures.memberCrashes} members crashed`,
    `${figures.leaps} leaps of the clock, ${figures.sealed} messages sealed meanwhile`,
    ...outcome({ figures, verdict, failures }),
  ].join(" | ");
}

function outcome({ figures, verdict, failures }: Pick<Reported, "figures" | "verdict" | "failures">): string[] {
  const findings = listed(Object.fromEntries(Object.entries(verdict).map(([name, found]) => [name, found.length])));
  return [
    `faults: ${listed(figures.faults)}; ${listed(figures.happened)}`,
    `findings: ${findings}${failures.length > 0 ? `; ${failures.length} other failures` : ""}`,
  ];
}

/** Writes `report.md` for people and `report.json` for programs. @returns the first's path. */
export function writeReport(folder: string, { seed, figures, verdict, failures, log }: Reported): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "report.json"), JSON.stringify({ seed, figures, verdict, failures, log }, null, 2));
  const file = path.join(folder, "report.md");
  writeFileSync(file, markdown({ seed, figures, verdict, failures, log }));
  return file;
}

function markdown({ seed, figures, verdict, failures, log }: Reported): string {
  const { faults, happened, errors, ...rest } = figures;
  const table = (head: [string, string], rows: [string, number | string][]) =>
    [`| ${head[0]} | ${head[1]} |`, "|---|---|", ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join("\n");
  const found = Object.entries(verdict).flatMap(([name, findings]) =>
    findings.map(({ what, evidence }) => `- **${name}**: ${what}\n  \`${JSON.stringify(evidence)}\``),
  );
  return [
    `# A run of ${figures.wallSeconds} s, seed ${seed}`,
    "## Checks",
    table(
      ["check", "findings"],
      Object.entries(verdict).map(([name, findings]) => [name, findings.length]),
    ),
    ...(found.length > 0 ? ["## Findings", found.join("\n")] : []),
    ...(failures.length > 0 ? ["## Other failures", failures.map((failure) => `- ${failure}`).join("\n")] : []),
    "## Figures",
    table(["what", "how much"], Object.entries<number | string>(rest)),
    "## Faults that were injected",
    table(["kind", "times"], [...Object.entries(faults), ...Object.entries(happened)]),
    "## What clients were told",
    table(["code", "times"], Object.entries(errors)),
    "## What the product logged",
    table(
      ["line", "times"],
      log.map(({ kind, count }) => [kind.replaceAll("|", "\\|"), count]),
    ),
    "",
  ].join("\n\n");
}
