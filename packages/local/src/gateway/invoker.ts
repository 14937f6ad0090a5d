import type { Context, Handler } from "aws-lambda";
import { randomUUID } from "node:crypto";
import { observed, type Observe } from "./observe";

/** For a caller that does not say what its function has. */
const DEFAULT_MEMORY_MB = 256;

/** A handler that has not answered within the integration timeout. It goes on running, as it does on Lambda. */
export class IntegrationTimeout extends Error {}

export interface InvokerOptions {
  timeoutMs: number;
  observe: Observe;
  /** Hears of every handler that threw or timed out: on AWS this would be the function's log. */
  onError: (error: unknown, label: string) => void;
}

interface InvokeOptions {
  label: string;
  memoryMb?: number;
}

/** Runs Lambda handlers in this process, all at once if need be: nothing here ever makes one wait for another. */
export class Invoker {
  readonly #options: InvokerOptions;
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: InvokerOptions) {
    this.#options = options;
  }

  /** @throws IntegrationTimeout, or whatever the handler threw */
  async invoke<E, R>(handler: Handler<E, R>, event: E, { label, memoryMb = DEFAULT_MEMORY_MB }: InvokeOptions): Promise<R | undefined> {
    const { timeoutMs, observe, onError } = this.#options;
    const run = async () => (await handler(event, lambdaContext(label, timeoutMs, memoryMb), () => undefined)) as R | undefined;
    const running = observed(observe, { handler: label, memoryMb }, run).finally(() => this.#running.delete(running));
    this.#running.add(running);
    try {
      return await withTimeout(running, timeoutMs);
    } catch (error) {
      onError(error, label);
      throw error;
    }
  }

  /** Resolves when every handler has finished, or after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    const deadline = performance.now() + graceMs;
    while (this.#running.size > 0) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return;
      await withTimeout(Promise.allSettled(this.#running), leftMs).catch(() => undefined); // too late is an answer too
    }
  }
}

async function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new IntegrationTimeout(`No answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** How a handler answered before promises: deprecated, and still part of the type of a context. */
const FORMER_CALLBACKS = { done: () => undefined, fail: () => undefined, succeed: () => undefined };

function lambdaContext(functionName: string, timeoutMs: number, memoryMb: number): Context {
  const deadline = Date.now() + timeoutMs;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: "$LATEST",
    invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:local",
    memoryLimitInMB: String(memoryMb),
    awsRequestId: randomUUID(),
    logGroupName: "/aws/lambda/local",
    logStreamName: "local",
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    ...FORMER_CALLBACKS,
  };
}
