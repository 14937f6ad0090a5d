import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { root, secret, synthesizeInto, TIMEOUT_MS } from "./synth/process";
import { resourceTypes } from "./synth/resource-types";
import { ofType, production, testing } from "./synth/testing";

const scratch = mkdtempSync(path.join(tmpdir(), "agora-infra-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const synthesize = (stage: string, variables: Record<string, string>, project?: string) =>
  synthesizeInto(scratch, stage, variables, project);

describe("the synthesis", () => {
  it("knows the answer to every question that the components ask", () => {
    expect(testing.unanswered).toEqual([]);
    expect(production.unanswered).toEqual([]);
  });

  it("fails, rather than hangs, when a function names a handler that its file does not export", { timeout: TIMEOUT_MS }, async () => {
    const project = copyProject();
    const file = path.join(project, "packages/infra/socket.ts");
    writeFileSync(file, readFileSync(file, "utf8").replace("socket.handler", "socket.missing"));
    await expect(synthesize("test", secret, project)).rejects.toThrow('socket.missing: the file does not export "missing"');
  });

  it("fails without the token secret, which has no default", { timeout: TIMEOUT_MS }, async () => {
    await expect(synthesize("test", {})).rejects.toThrow("Set a value for TokenSecret");
  });

  it("agrees with sst-env.d.ts, the types of Resource: npm run types -w packages/infra", () => {
    expect(readFileSync(path.join(root, "sst-env.d.ts"), "utf8")).toBe(resourceTypes(testing.links));
  });
});

/** Our own files copied, everything else as it is. */
function copyProject(): string {
  const project = mkdtempSync(path.join(scratch, "project-"));
  mkdirSync(path.join(project, "packages"));
  cpSync(path.join(root, "sst.config.ts"), path.join(project, "sst.config.ts"));
  cpSync(path.join(root, "packages/infra"), path.join(project, "packages/infra"), {
    recursive: true,
    filter: (file) => !file.endsWith("node_modules"),
  });
  for (const name of ["node_modules", "packages/core", "packages/functions", "packages/web"]) {
    symlinkSync(path.join(root, name), path.join(project, name));
  }
  return project;
}

describe("the app", () => {
  it("is protected from removal in production, and goes away without trace elsewhere", () => {
    expect([production.app.removal, production.app.protect]).toEqual(["retain", true]);
    expect([testing.app.removal, testing.app.protect]).toEqual(["remove", false]);
  });

  it.each(["test", "production"])("tags everything in stage %s", (stage) => {
    const synthesis = stage === "test" ? testing : production;
    const tags = { tags: { Project: "agora", Stage: stage } };
    expect(synthesis.app.providers.aws?.defaultTags).toEqual(tags);
    // Components that name their region make a provider of their own.
    for (const provider of Object.values(ofType(synthesis, "pulumi:providers:aws"))) expect(JSON.parse(provider.defaultTags)).toEqual(tags);
  });

  it("writes to the owner when the month becomes dear, if it knows whom", () => {
    const warning = { comparisonOperator: "GREATER_THAN", thresholdType: "PERCENTAGE", subscriberEmailAddresses: ["owner@example.org"] };
    expect(ofType(testing, "aws:budgets/budget:Budget")).toEqual({});
    expect(ofType(production, "aws:budgets/budget:Budget")).toEqual({
      MonthlyBudget: {
        budgetType: "COST",
        timeUnit: "MONTHLY",
        limitAmount: "5",
        limitUnit: "USD",
        notifications: [
          { ...warning, notificationType: "ACTUAL", threshold: 80 },
          { ...warning, notificationType: "FORECASTED", threshold: 100 },
        ],
      },
    });
  });
});
