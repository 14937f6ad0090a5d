import path from "node:path";
import { parseArgs } from "node:util";
import { append } from "./append.bench";
import { compression } from "./compression.bench";
import type { Options } from "./options";
import { isMet, type Outcome } from "./outcome";
import { page50 } from "./page.bench";
import { pushLatency } from "./push.bench";
import { scroll100k } from "./scroll.bench";
import { streams } from "./streams.bench";
import { toMarkdown, writeSection } from "./report";

const benchmarks: Record<string, (options: Options) => Promise<Outcome>> = {
  "push-100": (options) => pushLatency(100, options.isQuick ? 50 : 500, options),
  "push-1000": (options) => pushLatency(1_000, options.isQuick ? 20 : 500, options),
  "page-50": page50,
  append,
  "scroll-100k": scroll100k,
  streams,
  compression,
};

const root = path.resolve(import.meta.dirname, "../../..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    "no-build": { type: "boolean", default: false },
    root: { type: "string", default: root },
    against: { type: "string" },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(benchmarks);
for (const name of names) {
  const benchmark = benchmarks[name];
  if (!benchmark) throw new Error(`There is no benchmark ${name}; there are ${Object.keys(benchmarks).join(", ")}.`);
  const outcome = await benchmark({ root: values.root, against: values.against, isQuick: values.quick });
  const section = toMarkdown(name, outcome, `npm run bench -- ${name}`);
  console.log(section);
  if (values.write) writeSection(path.join(root, "docs/benchmarks.md"), name, section);
  if (!outcome.goals.every(isMet)) console.log(`${name}: not every goal is met\n`);
}
process.exit();
