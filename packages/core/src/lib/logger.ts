type Fields = Record<string, string | number | boolean | undefined>;

/** One JSON object a line. Ids and counts only: never message text, tokens, addresses of people or bodies. */
export const logger = {
  info: (event: string, fields: Fields = {}) => write("info", event, fields),
  warn: (event: string, fields: Fields = {}, error?: unknown) => write("warn", event, fields, error),
  error: (event: string, fields: Fields = {}, error?: unknown) => write("error", event, fields, error),
};

function write(level: "info" | "warn" | "error", event: string, fields: Fields, error?: unknown): void {
  console[level](JSON.stringify({ level, event, ...fields, ...describe(error) }));
}

function describe(error: unknown): object {
  if (error === undefined) return {};
  if (!(error instanceof Error)) return { error: JSON.stringify(error) };
  const { name, message, stack, cause } = error;
  return { error: name, message, stack, ...(cause instanceof Error ? { cause: `${cause.name}: ${cause.message}` } : {}) };
}
