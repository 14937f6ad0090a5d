import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**", "**/dist/**", "**/.svelte-kit/**"];

/** What a test needs is said by its suffix: nothing (`x.test.ts`), a DynamoDB engine (`x.db.test.ts`), or the built site and SST's platform (infra). */
export default defineConfig({
  test: {
    // Much of the time a test waits for its engine, which is a process of its own: two at a time, also where there are only two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      "packages/web/vitest.config.ts",
      {
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts"],
          exclude: [...exclude, "**/*.db.test.ts", "packages/web/**"],
        },
      },
      {
        test: {
          name: "db",
          include: ["packages/*/src/**/*.db.test.ts"],
          exclude,
          globalSetup: ["packages/local/src/testing/database.ts"],
          // DynamoDB Local takes its time where all cores are busy; what hangs is no less red for being it later.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["packages/{e2e,chaos}/src/**/*.e2e.ts"],
          exclude,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // One browser and one server at a time: two cores are for people, not for races between test files.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "infra",
          include: ["packages/infra/**/*.test.ts"],
          exclude,
          globalSetup: ["packages/infra/synth/global-setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
