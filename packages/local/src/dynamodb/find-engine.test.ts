import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "../testing/engine-world";
import { findEngine } from "./find-engine";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  folder.remove();
});

/** A platform that dynoxide has no package for. */
function onRarePlatform(): void {
  vi.spyOn(process, "arch", "get").mockReturnValue("mips");
}
const withoutJava = () => vi.stubEnv("PATH", folder.path);
const noPackage = () => Promise.reject(new Error("404"));

describe("the engine of a machine", () => {
  it("is tried to be fetched for its platform, and its absence said in one error that tells what to do", async () => {
    onRarePlatform();
    withoutJava();
    const asked: string[] = [];
    const notices: string[] = [];
    const install = (name: string) => (asked.push(name), noPackage());
    const attempt = findEngine({ dataDir: folder.path, install, notice: (line) => notices.push(line) });
    await expect(attempt).rejects.toThrow(/npm install --no-save @dynoxide\/\w+-mips[^]*Java 17[^]*AWS_ENDPOINT_URL_DYNAMODB/);
    expect(asked).toEqual([`@dynoxide/${process.platform}-mips`]);
    expect(notices).toHaveLength(1);
  });

  it("is the one whose data is there", async () => {
    mkdirSync(path.join(folder.path, "dynamodb-local"));
    withoutJava();
    await expect(findEngine({ dataDir: folder.path, install: noPackage })).rejects.toThrow("DynamoDB Local cannot run: there is no java");
  });

  it("is never DynamoDB Local on the data of dynoxide, which it cannot read", async () => {
    onRarePlatform();
    writeFileSync(path.join(folder.path, "dynamodb.sqlite"), "");
    await expect(findEngine({ dataDir: folder.path, install: noPackage })).rejects.toThrow("belongs to dynoxide");
  });
});
