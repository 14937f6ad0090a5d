import type { Client, Person } from "@agora/local/testing/stack";
import type { SeenOutcome } from "../invariants";

/** What a run needs: how to call Agora, and a look at a row of a table, for what no route shows. */
export interface World {
  client: Client;
  row(table: string, key: Record<string, string>): Promise<Record<string, unknown> | undefined>;
}

interface Run {
  /** Strings of which at least one is in each call that the handlers make for this run, and in none of another run. */
  marks: string[];
  /** Does it once, or again as a client repeats it. Never rejects. */
  attempt(): Promise<SeenOutcome>;
  /** What does not hold now, after an attempt that was done. */
  problems(): Promise<string[]>;
  end(): Promise<void>;
}

export interface Operation {
  name: string;
  /** The handler gives its answer back when it is done; otherwise to push it is its last call. */
  isAnsweredAtTheEnd: boolean;
  /** By the function that carries Argon2's native module, which no sandbox has. */
  hashesPasswords?: true;
  /**
   * @param person whom no other run has at that time.
   * @param host whom other runs may have too.
   */
  prepare(world: World, person: Person, host: Person): Promise<Run>;
}

type Answer = Awaited<ReturnType<Client["api"]>>;

/** @param isDone whether the answer is a success: of a repeat also the refusal that says that it happened before. */
export function outcomeOf({ status, headers, body }: Answer, isDone: (status: number, code: string | undefined) => boolean): SeenOutcome {
  const code = (body as { code?: string } | undefined)?.code;
  if (isDone(status, code)) return { kind: "done" };
  // What API Gateway answers itself when a function died has no code.
  if (status === 500 && code === undefined) return { kind: "unanswered" };
  return { kind: "refused", status, ...(code === undefined ? {} : { code }), retryAfter: headers.get("retry-after") };
}
