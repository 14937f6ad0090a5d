import { expect, it } from "vitest";
import type { Outcome } from "./outcome";
import { toMarkdown, withSection } from "./report";

const outcome: Outcome = {
  title: "A thing",
  method: "Measured.",
  tables: [{ heading: "latency", unit: "ms", rows: [{ name: "ours", summary: { count: 3, p50: 1.234, p95: 20, p99: 1_234 } }] }],
  goals: [
    { text: "ratio", value: 1.5, limit: 1.5, is: "at most" },
    { text: "rate", value: 0.2, limit: 0.3, is: "at least" },
  ],
  notes: [],
};

it("says of each goal whether it was met", () => {
  const text = toMarkdown("thing", outcome, "npm run bench -- thing");
  expect(text).toContain("| ours | 1.23 | 20.00 | 1,234 | 3 |");
  expect(text).toContain("| ratio | 1.50 | at most 1.50 | met |");
  expect(text).toContain("| rate | 0.20 | at least 0.30 | **not met** |");
});

it("puts a section where it stood before, and leaves the others as they are", () => {
  const [first, second] = ["first", "second"].map((name) => toMarkdown(name, outcome, name)) as [string, string];
  const both = withSection(withSection(undefined, "first", first), "second", second);
  const again = withSection(both, "first", toMarkdown("first", { ...outcome, title: "Another title" }, "first"));
  expect(again).toBe(both.replace("## A thing", "## Another title"));
});
