/// <reference path="./.sst/platform/config.d.ts" />

export default $config({
  app(input) {
    return {
      name: "agora",
      home: "aws",
      removal: input.stage === "production" ? "retain" : "remove",
      protect: input.stage === "production",
      providers: { aws: { defaultTags: { tags: { Project: "agora", Stage: input.stage } } } },
    };
  },
  async run() {
    await import("./packages/infra/tables");
    await import("./packages/infra/secrets");
    const { router } = await import("./packages/infra/router");
    await import("./packages/infra/storage");
    const { socket } = await import("./packages/infra/socket");
    await import("./packages/infra/api");
    await import("./packages/infra/site");
    await import("./packages/infra/jobs");
    await import("./packages/infra/guardrails");
    return { url: router.url, socket: socket.url };
  },
});
