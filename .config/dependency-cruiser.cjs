const inPackage = (name) => `^packages/${name}/`;
const anyOf = (...names) => `^packages/(${names.join("|")})/`;
const tests = "(\\.test\\.ts|/testing/|/contract/)";

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true, dependencyTypesNot: ["type-only"] } },
    {
      name: "not-to-unresolvable",
      severity: "error",
      from: { pathNot: "\\.svelte-kit" },
      to: { couldNotResolve: true, pathNot: "^(aws-lambda|virtual:|\\$app|\\$env|\\./\\$types|\\$lib)" },
    },
    {
      name: "core-knows-nobody",
      comment: "The rules know no HTTP, no Lambda, no Svelte and none of the other packages.",
      severity: "error",
      from: { path: inPackage("core") },
      to: { path: anyOf("functions", "infra", "sdk", "web", "local", "e2e", "bench", "chaos") },
    },
    {
      name: "core-knows-no-transport",
      severity: "error",
      from: { path: inPackage("core") },
      to: { path: "node_modules/(@types/aws-lambda|svelte|@sveltejs|ws)/" },
    },
    {
      name: "protocol-is-browser-safe",
      comment: "The schemas and the route table import valibot only.",
      severity: "error",
      from: { path: "^packages/core/src/protocol/", pathNot: tests },
      to: { pathNot: ["^packages/core/src/protocol/", "node_modules/valibot/"] },
    },
    {
      name: "sdk-knows-the-protocol-only",
      severity: "error",
      from: { path: inPackage("sdk"), pathNot: [tests, "^packages/sdk/bin/"] },
      to: { path: "^(packages|node_modules)/", pathNot: ["^packages/sdk/", "^packages/core/src/protocol/"] },
    },
    {
      name: "functions-know-core-only",
      severity: "error",
      from: { path: inPackage("functions") },
      to: { path: anyOf("infra", "sdk", "web", "local", "e2e", "bench", "chaos") },
    },
    {
      name: "browser-code-does-not-reach-the-tables",
      comment: "In the site only server files import core; the rest speaks through the SDK and the protocol's types.",
      severity: "error",
      from: {
        path: inPackage("web"),
        pathNot: ["\\.server\\.ts$", "\\+server\\.ts$", "/lib/server/", "hooks\\.server", "app\\.d\\.ts$", tests],
      },
      to: { path: "^packages/core/src/", pathNot: "^packages/core/src/protocol/" },
    },
    {
      name: "site-does-not-reach-the-stack",
      severity: "error",
      from: { path: inPackage("web") },
      to: { path: anyOf("functions", "infra", "local", "e2e", "bench", "chaos") },
    },
    {
      name: "infra-names-handlers-by-path",
      severity: "error",
      from: { path: inPackage("infra") },
      to: { path: "^packages/", pathNot: ["^packages/infra/", "^packages/core/src/(tables|storage|protocol/)"] },
    },
    {
      name: "argon2-in-auth-only",
      comment: "No other function carries a native module.",
      severity: "error",
      from: {
        pathNot: ["^packages/functions/src/auth\\.ts$", "^packages/core/src/account/", "^packages/core/src/server-password/hashing\\.ts$"],
      },
      to: {
        path: ["^packages/core/src/(account/(credentials|password)|server-password/hashing)\\.ts$", "node_modules/@node-rs/argon2"],
      },
    },
    {
      name: "tables-through-their-store",
      comment: "Only a store.ts speaks to a table; limits are one file.",
      severity: "error",
      from: { path: "^packages/core/src/", pathNot: ["/store\\.ts$", "^packages/core/src/limit/", "^packages/core/src/lib/", tests] },
      to: { path: "node_modules/@aws-sdk/(client-dynamodb|util-dynamodb)/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(/dist/|\\.svelte-kit/|/\\.sst/)" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "svelte", "node", "default", "types"],
      extensions: [".ts", ".svelte.ts", ".js", ".mjs", ".cjs", ".svelte"],
    },
  },
};
