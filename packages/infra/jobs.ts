import { defaults } from "./defaults";
import { jobsFiles, jobsGrants } from "./grants";
import { concurrency } from "./guardrails";
import { linksTo, tablePermissions } from "./permissions";
import { bucket, filePermissions } from "./storage";

/** What is missed is made up for by the next run; the table keeps everything for a month longer than it is meant to (docs/decisions/0024-tiers.md). */
new sst.aws.Cron("Tiering", {
  schedule: "rate(6 hours)",
  function: {
    ...defaults,
    handler: "packages/functions/src/jobs.handler",
    // What it seals is all in memory, and packed: it is sold its processor by the memory.
    memory: "1024 MB",
    timeout: "10 minutes",
    link: [...linksTo(jobsGrants), bucket],
    permissions: [...tablePermissions(jobsGrants), ...filePermissions(jobsFiles)],
    concurrency: concurrency("jobs"),
  },
});
