import type { AwsCall, AwsProxy, Fault } from "../aws-proxy";

/** What happens to the calls that are made for one run, while others run at the same time. */
export interface Aim {
  /** A call belongs to the run if one of these stands in it. */
  marks: readonly string[];
  /** Asked with the number of the call, from 1. */
  decide(call: AwsCall, number: number): Fault | undefined;
}

/** Aims faults at the calls of single runs behind one proxy. */
export class Injector {
  readonly #aims = new Set<{ aim: Aim; count: number }>();
  /** Which connections a person has opened: many calls name a connection only. */
  readonly #connections = new Map<string, Set<string>>();

  constructor(proxy: AwsProxy) {
    proxy.plan = (call) => this.#plan(call);
  }

  /** @returns how many calls belonged to the run. */
  async during(aim: Aim, run: () => Promise<unknown>): Promise<number> {
    const aimed = { aim, count: 0 };
    this.#aims.add(aimed);
    try {
      await run();
    } finally {
      this.#aims.delete(aimed);
    }
    return aimed.count;
  }

  #plan(call: AwsCall): Fault | undefined {
    this.#noteConnection(call);
    if (this.#aims.size === 0) return undefined;
    const text = JSON.stringify(call.body);
    for (const aimed of this.#aims) {
      const marks = aimed.aim.marks.flatMap((mark) => [mark, ...(this.#connections.get(mark) ?? [])]);
      if (marks.some((mark) => text.includes(mark))) return aimed.aim.decide(call, ++aimed.count);
    }
    return undefined;
  }

  #noteConnection({ operation, table, body }: AwsCall): void {
    if (operation !== "PutItem" || table !== "Connections") return;
    const { Item } = body as { Item: { user_id?: { S: string }; connection_id: { S: string } } };
    if (!Item.user_id) return;
    const known = this.#connections.get(Item.user_id.S) ?? new Set();
    this.#connections.set(Item.user_id.S, known.add(Item.connection_id.S));
  }
}
