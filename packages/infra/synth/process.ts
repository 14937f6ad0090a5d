import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

export const root = path.resolve(import.meta.dirname, "../../..");
export const TIMEOUT_MS = 120_000;

export const secret = { SST_SECRET_TokenSecret: "a secret" };

/**
 * In a process of its own, as Pulumi is set up once for each. Without the variables that a developer may have set for deployments.
 * @returns the file below `scratch` that holds the synthesis as JSON.
 */
export async function synthesizeInto(scratch: string, stage: string, variables: Record<string, string>, project = root): Promise<string> {
  const file = path.join(mkdtempSync(path.join(scratch, "run-")), "synthesis.json");
  const host = Object.entries(process.env).filter(([name]) => !/^(AGORA|SST|AWS)_/.test(name));
  const env = { ...Object.fromEntries(host), ...variables };
  const args = ["packages/infra/bin/synth.mjs", "resources", stage, file, project];
  await promisify(execFile)(process.execPath, args, { cwd: root, env, timeout: TIMEOUT_MS });
  return file;
}
