import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { secret, synthesizeInto } from "./process";

declare module "vitest" {
  interface ProvidedContext {
    /** Files, by what `./testing` calls their content, or why there are none. */
    syntheses: { testing: string; production: string } | { error: string };
  }
}

/** The synthesis of two stages, once for all test files. */
export default async function setup(project: TestProject): Promise<() => void> {
  const scratch = mkdtempSync(path.join(tmpdir(), "agora-infra-"));
  try {
    // One after the other: each keeps a core busy.
    const testing = await synthesizeInto(scratch, "test", secret);
    const variables = { ...secret, AGORA_DOMAIN: "chat.example", AGORA_BUDGET_EMAIL: "owner@example.org" };
    const production = await synthesizeInto(scratch, "production", variables);
    project.provide("syntheses", { testing, production });
  } catch (error) {
    // Thrown here it would end the tests of all projects, and not just these.
    project.provide("syntheses", { error: error instanceof Error ? error.message : String(error) });
  }
  return () => rmSync(scratch, { recursive: true, force: true });
}
