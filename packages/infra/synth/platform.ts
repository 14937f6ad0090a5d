import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/**
 * Makes sure that `.sst/platform` holds the component source of the installed SST, with nothing but its npm package: no Pulumi, no bun, no
 * account, no network. The packages which that source imports are this package's devDependencies, at the versions it names.
 * @returns the folder.
 */
export function ensurePlatform(root: string): string {
  const platform = path.join(root, ".sst/platform");
  const wanted = installedVersion(root, "sst");
  const versionFile = path.join(platform, "version");
  if (!existsSync(versionFile) || readFileSync(versionFile, "utf8") !== wanted) unpack(root, platform);
  // The CLI writes its own on the first deploy, which serves as well.
  const types = path.join(platform, "config.d.ts");
  if (!existsSync(types)) writeFileSync(types, globalTypes);
  return platform;
}

/** The CLI carries the platform and unpacks it before most commands; in an empty app `secret list` is the cheapest that does. */
function unpack(root: string, platform: string) {
  const scratch = mkdtempSync(path.join(tmpdir(), "agora-platform-"));
  const unpacked = path.join(scratch, ".sst/platform");
  try {
    // `home: "local"`, so that it asks for no credentials.
    writeFileSync(
      path.join(scratch, "sst.config.ts"),
      `export default $config({ app: () => ({ name: "scratch", home: "local" }), async run() {} });`,
    );
    try {
      execFileSync(process.execPath, [path.join(root, "node_modules/sst/bin/sst.mjs"), "secret", "list", "--stage", "scratch"], {
        cwd: scratch,
        stdio: "pipe",
        timeout: 60_000,
        env: {
          ...process.env,
          // Else it downloads Pulumi and bun and installs packages inside the platform.
          SST_SKIP_DEPENDENCY_CHECK: "1",
          SST_NO_BUN: "1",
          SST_TELEMETRY_DISABLED: "1",
          XDG_CONFIG_HOME: path.join(scratch, "config"),
        },
      });
    } catch (error) {
      // Without a secret the command fails, after it has unpacked the platform, and only that part is wanted.
      if (!existsSync(path.join(unpacked, "version"))) throw new Error("The sst command did not unpack its platform.", { cause: error });
    }
    // Two runs may do this at the same time, so what appears under the final name is complete.
    mkdirSync(path.dirname(platform), { recursive: true });
    const fresh = mkdtempSync(`${platform}-`);
    cpSync(unpacked, fresh, { recursive: true });
    rmSync(platform, { recursive: true, force: true });
    try {
      renameSync(fresh, platform);
    } catch (error) {
      rmSync(fresh, { recursive: true, force: true });
      if (!existsSync(path.join(platform, "version"))) throw error;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function installedVersion(root: string, name: string): string {
  const manifest: { version: string } = JSON.parse(readFileSync(path.join(root, "node_modules", name, "package.json"), "utf8"));
  return manifest.version;
}

/** What the CLI would write: the globals of sst.config.ts, with one `aws` for the one provider of this project. */
const globalTypes = `import "./src/global.d.ts";
import type { App, AppInput, Config } from "./src/config";
import * as awsProvider from "@pulumi/aws";

type TypedApp = Omit<App, "providers"> & { providers?: { aws?: boolean | string | (awsProvider.ProviderArgs & { version?: string }) } };

declare global {
  // @ts-expect-error the grammar refuses an alias of a module namespace here, and it works all the same
  export import aws = awsProvider;
  const $config: (config: Omit<Config, "app"> & { app: (input: AppInput) => TypedApp | Promise<TypedApp> }) => Config;
}
`;
