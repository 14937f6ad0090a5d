import { readFileSync } from "node:fs";
import { inject } from "vitest";
import type { Inputs } from "./answers";
import type { Synthesis } from "./synthesis";

const files = inject("syntheses");
if ("error" in files) throw new Error(files.error);

/** Stage `test`, and `production` with a domain and an owner: see ./global-setup.ts. */
export const testing = JSON.parse(readFileSync(files.testing, "utf8")) as Synthesis;
export const production = JSON.parse(readFileSync(files.production, "utf8")) as Synthesis;

export const ofType = (synthesis: Synthesis, type: string): Record<string, Inputs> =>
  Object.fromEntries(synthesis.resources.filter((resource) => resource.type === type).map(({ name, inputs }) => [name, inputs]));

export const mapValues = <T, U>(record: Record<string, T>, map: (value: T) => U) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
