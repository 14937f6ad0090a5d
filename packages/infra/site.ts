import { api } from "./api";
import { defaults } from "./defaults";
import { concurrency } from "./guardrails";
import { siteFiles, siteGrants } from "./grants";
import { linksTo, tablePermissions } from "./permissions";
import { router } from "./router";
import { token } from "./secrets";
import { pushPermissions, socket } from "./socket";
import { bucket, filePermissions } from "./storage";

new sst.aws.SvelteKit("Site", {
  path: "packages/web",
  router: { instance: router },
  // docs/decisions/0008-site-function-url.md
  protection: "none",
  link: [...linksTo(siteGrants), token, socket, api, router, bucket],
  server: { runtime: defaults.runtime, architecture: defaults.architecture, memory: "1024 MB", timeout: defaults.timeout },
  transform: {
    assets: { cors: false },
    server: (server) => {
      server.logging = defaults.logging;
      server.nodejs = $resolve([server.nodejs]).apply(([nodejs]) => ({ ...nodejs, minify: true }));
      server.concurrency = concurrency("site");
      // SST would let every origin read the pages. (The mode is that of `protection`, which this replaces along with the rest.)
      server.url = { authorization: "none", cors: false };
      // In place of SST's, which add the right to empty the cache of every distribution in the account.
      server.permissions = [...tablePermissions(siteGrants), ...filePermissions(siteFiles), pushPermissions];
    },
  },
});
