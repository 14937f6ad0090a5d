/** Spread into every function, so that none is left on a default of the framework (Node 20, x86, logs in plain text for a month). */
export const defaults = {
  runtime: "nodejs22.x",
  architecture: "arm64",
  memory: "512 MB",
  // What API Gateway waits for an answer at most, less one second for our own error to arrive.
  timeout: "28 seconds",
  logging: { retention: "1 week", format: "json" },
  nodejs: { format: "esm", minify: true },
} as const satisfies Partial<sst.aws.FunctionArgs>;
