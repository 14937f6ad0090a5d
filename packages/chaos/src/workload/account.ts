import { AgoraError, createRest, isTransient, type Rest } from "@agora/sdk";
import { setTimeout as sleep } from "node:timers/promises";

const PASSWORD = "a password that nobody has to guess";
const CALL_WITHIN_MS = 10_000;
const TRY_AGAIN_MS = 200;

/** Somebody with an account and a session that is renewed whatever happens. */
export class Account {
  readonly name: string;
  /** Limits count by address; people do not all sit behind one. */
  readonly address: string;
  readonly rest: Rest;
  readonly #email: string;
  #userId = "";
  #token: string | undefined;
  #refreshToken = "";
  /** How often the session had to be begun anew, since the answer to a renewal was lost. */
  logIns = 0;

  constructor(origin: string, name: string, number: number) {
    this.name = name;
    this.address = `10.0.${number >> 8}.${number & 255}`;
    this.#email = `${name}@example.org`;
    this.rest = createRest({
      baseUrl: `${origin}/api`,
      token: () => this.#token,
      timeoutMs: CALL_WITHIN_MS,
      onUnauthorized: () => this.#renew(),
      fetch: (url, init) =>
        fetch(url, { ...init, headers: { ...(init?.headers as Record<string, string>), "x-forwarded-for": this.address } }),
    });
  }

  get userId(): string {
    return this.#userId;
  }

  async register(): Promise<void> {
    this.#enter(await this.rest.register({ email: this.#email, username: this.name, password: PASSWORD }));
  }

  #enter({ token, refresh_token, user }: Awaited<ReturnType<Rest["register"]>>): void {
    this.#token = token;
    this.#refreshToken = refresh_token;
    this.#userId = user.id;
  }

  async #renew(): Promise<boolean> {
    try {
      this.#enter(await this.rest.refresh({ refresh_token: this.#refreshToken }));
      return true;
    } catch {
      // used up: the answer to an earlier renewal was lost, or this one is
    }
    for (;;) {
      try {
        this.#enter(await this.rest.login({ email: this.#email, password: PASSWORD }));
        this.logIns++;
        return true;
      } catch (error) {
        if (!isTransient(error)) return false;
        await sleep(Math.max(error.retryAfterMs ?? 0, TRY_AGAIN_MS));
      }
    }
  }
}

/** Repeats what fails by chance. Only for what may be done twice. */
export async function persist<T>(call: () => Promise<T>, tries = 20): Promise<T> {
  for (let left = tries; ; left--) {
    try {
      return await call();
    } catch (error) {
      if (left <= 1 || !(error instanceof AgoraError) || !isTransient(error)) throw error;
      await sleep(Math.max(error.retryAfterMs ?? 0, TRY_AGAIN_MS));
    }
  }
}
