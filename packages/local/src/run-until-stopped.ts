import { EngineError } from "./dynamodb/engine-error";
import { OriginError } from "./origin";
import { SettingsError } from "./settings";
import type { RunningServer } from "./single-server";

/** Errors whose message is for the person at the terminal; of all others the stack is worth more. */
const SPOKEN = [SettingsError, OriginError, EngineError];

/**
 * Runs the server until SIGTERM, SIGINT, or the end of its tables. Prints one line with the URL as soon as it serves, and one line for what
 * stops it from doing so.
 */
export async function runUntilStopped(start: (onFatal: (error: Error) => void) => Promise<RunningServer>): Promise<void> {
  let server: RunningServer | undefined;
  let isStopping = false;
  const stop = async (exitCode: number) => {
    if (isStopping) return;
    isStopping = true;
    await server?.stop();
    process.exit(exitCode);
  };
  const fail = (error: unknown) => {
    console.error(SPOKEN.some((type) => error instanceof type) ? `agora: ${(error as Error).message}` : error);
    void stop(1);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(0));
  try {
    server = await start(fail);
    console.log(`Agora is ready: ${server.url}`);
  } catch (error) {
    fail(error);
  }
}
