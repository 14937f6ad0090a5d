/** Spread into every function, so that none is left on a default of the framework (Node 20, x86, logs for a month). */
export const defaults = {
  runtime: "nodejs22.x",
  architecture: "arm64",
  memory: "512 MB",
  // What API Gateway waits for an answer at most, less one second for our own error to arrive.
  timeout: "28 seconds",
  // Our logger writes one JSON object a line. Lambda's own JSON format would wrap it, as a string, into another.
  logging: { retention: "1 week", format: "text" },
  // Split: what is loaded on demand (kinds of credentials that Lambda does not use, the OpenAPI document) is not read at a cold start.
  nodejs: { format: "esm", minify: true, splitting: true },
} as const satisfies Partial<sst.aws.FunctionArgs>;
