import { api, apiGrants } from "./api";
import { defaults } from "./defaults";
import { concurrency } from "./guardrails";
import { linksTo, tablePermissions } from "./permissions";
import type { TableGrants } from "./permissions";
import { router } from "./router";
import { token } from "./secrets";
import { pushPermissions, socket } from "./socket";

/**
 * The pages read what the API reads, and their forms work without JavaScript: they make servers (with a name and a first channel), invites and
 * messages in this process. Accounts, their names and their sessions are made over HTTP by the `auth` function, and tickets by the API.
 */
const grants: TableGrants = { ...apiGrants, Sessions: ["GetItem", "Query", "UpdateItem", "DeleteItem"] };

new sst.aws.SvelteKit("Site", {
  path: "packages/web",
  router: { instance: router },
  // docs/decisions/0008-site-function-url.md
  protection: "none",
  link: [...linksTo(grants), token, socket, api, router],
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
      server.permissions = [...tablePermissions(grants), pushPermissions];
    },
  },
});
