export interface InvocationReport {
  /** The route, such as `POST /auth/login` or `socket $default`. */
  handler: string;
  ms: number;
  memoryMb: number;
}

/** What the gateway tells whoever counts. All of it is optional, and none of it may throw. */
export interface Observe {
  /** Runs one invocation, so that whatever happens inside it can be put down to `label`. */
  aroundInvocation?<T>(label: string, run: () => Promise<T>): Promise<T>;
  onInvocation?(report: InvocationReport): void;
  /** `handler` is missing if the gateway answered by itself, as with 404. */
  onHttpRequest?(bytesIn: number, bytesOut: number, handler?: string): void;
  /** A message from a client, in bytes of payload. */
  onSocketMessage?(bytes: number, handler: string): void;
  /** A request to the object store. `label` says by whom, where it is no part of an invocation. */
  onS3Request?(kind: "put" | "get", label?: string): void;
  onPush?(connectionId: string, bytes: number): void;
  /** Minutes that connections were open since the last report, fractions included. */
  onConnectionMinutes?(minutes: number): void;
}

/** Runs one invocation, and tells whoever counts: what happens inside it, and how long it took, also when it throws. */
export async function observed<T>(
  observe: Pick<Observe, "aroundInvocation" | "onInvocation">,
  { handler, memoryMb }: Omit<InvocationReport, "ms">,
  run: () => Promise<T>,
): Promise<T> {
  const started = performance.now();
  try {
    return await (observe.aroundInvocation ? observe.aroundInvocation(handler, run) : run());
  } finally {
    observe.onInvocation?.({ handler, ms: performance.now() - started, memoryMb });
  }
}
