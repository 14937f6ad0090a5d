/** The engine cannot run. The message is one for the person at the terminal: it says what to do. */
export class EngineError extends Error {
  override name = "EngineError";
}
