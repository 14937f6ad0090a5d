type Fields = Record<string, string | number | boolean | undefined>;

/** One JSON object a line. Ids and counts only: never message text, tokens, addresses of people or bodies. */
export const logger = {
  info: (event: string, fields: Fields = {}) => write("info", event, fields),
  warn: (event: string, fields: Fields = {}, error?: unknown) => write("warn", event, fields, error),
  error: (event: string, fields: Fields = {}, error?: unknown) => write("error", event, fields, error),
};

function write(level: "info" | "warn" | "error", event: string, fields: Fields, error?: unknown): void {
  const cause =
    error instanceof Error
      ? { error: error.name, message: error.message, stack: error.stack }
      : error === undefined
        ? {}
        : { error: String(error) };
  console[level](JSON.stringify({ level, event, ...fields, ...cause }));
}
