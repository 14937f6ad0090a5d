import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ensurePlatform } from "./platform";
import { resourceTypes } from "./resource-types";
import { synthesize } from "./synthesis";

/**
 * - `platform`: unpacks SST's component source, against which the infrastructure is type-checked.
 * - `types`: writes sst-env.d.ts.
 * - `resources <stage> <file> [<project>]`: writes the synthesis of a stage as JSON.
 */
export async function main([command, ...args]: string[], { root, work }: { root: string; work: string }) {
  switch (command) {
    case "platform":
      ensurePlatform(root);
      return;
    case "types": {
      process.env.SST_SECRET_TokenSecret = "synthesis";
      const siteProject = path.join(work, "site");
      writeEmptySite(siteProject);
      const { links } = await synthesize({ stage: "test", root, work, project: root, siteProject, bundles: false });
      writeFileSync(path.join(root, "sst-env.d.ts"), resourceTypes(links));
      return;
    }
    case "resources": {
      const [stage, file, project = root] = args;
      if (!stage || !file) throw new Error("Usage: resources <stage> <file> [<project>]");
      writeFileSync(file, JSON.stringify(await synthesize({ stage, root, work, project, bundles: true })));
      return;
    }
    default:
      throw new Error(`There is no command ${command}: platform, types or resources.`);
  }
}

/** What the component reads of a site's build, with nothing in it: its links do not depend on its pages. */
function writeEmptySite(project: string) {
  const web = path.join(project, "packages/web");
  for (const folder of ["server/lambda-handler", "client", "prerendered"]) {
    mkdirSync(path.join(web, ".svelte-kit/svelte-kit-sst", folder), { recursive: true });
  }
  writeFileSync(path.join(web, "package.json"), `{ "scripts": { "build": "vite build" } }`);
}
