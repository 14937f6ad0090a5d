import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

const TAIL_LINES = 20;
const KINDS_MAX = 200;

/** What the product printed: how often each kind of line came, one example of each, and the last lines. */
export class ProductLog {
  readonly #kinds = new Map<string, { count: number; example: string }>();
  #tail: string[] = [];

  /** Reads what the process prints from now on. */
  follow({ stdout, stderr }: ChildProcess, online: (line: string) => void): void {
    for (const input of [stdout, stderr]) {
      if (!input) continue;
      createInterface({ input }).on("line", (line) => {
        this.#note(line);
        online(line);
      });
    }
  }

  tail(): string {
    return this.#tail.join("\n");
  }

  get kinds(): { kind: string; count: number; example: string }[] {
    return [...this.#kinds].map(([kind, rest]) => ({ kind, ...rest })).sort((a, b) => b.count - a.count);
  }

  #note(line: string): void {
    this.#tail = [...this.#tail.slice(1 - TAIL_LINES), line];
    const kind = kindOf(line);
    const known = this.#kinds.get(kind);
    if (known) known.count++;
    else if (this.#kinds.size < KINDS_MAX) this.#kinds.set(kind, { count: 1, example: line.slice(0, 2_000) });
  }
}

/** Level, event and error of a line of the JSON logger; else its first words. */
function kindOf(line: string): string {
  try {
    const { level, event, ...rest } = JSON.parse(line) as Record<string, unknown>;
    const error = (rest["error"] ?? rest["cause"]) as { name?: string; message?: string } | string | undefined;
    const said = typeof error === "object" ? `${error.name}: ${error.message}` : (error ?? "");
    return `${String(level)} ${String(event)} ${said} ${typeof rest["message"] === "string" ? rest["message"] : ""}`
      .replace(/[\w-]*\d[\w-]*/g, "#")
      .trim()
      .slice(0, 200);
  } catch {
    return line.replace(/[\w-]*\d[\w-]*/g, "#").slice(0, 80);
  }
}
