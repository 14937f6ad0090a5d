import { handler as api } from "@agora/functions/api";
import { handler as socket } from "@agora/functions/socket";
import { handler as stream } from "@agora/functions/stream";

// What a Lambda sandbox runs: the handlers and nothing else, one event in, one result out. Tests kill it with SIGKILL.
const handlers = { api, socket, stream } as Record<string, (event: unknown) => Promise<unknown>>;

interface Invocation {
  id: number;
  name: string;
  event: unknown;
}

process.on("message", ({ id, name, event }: Invocation) => {
  void handlers[name]?.(event).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
