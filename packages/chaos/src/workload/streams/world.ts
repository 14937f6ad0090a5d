import { AgoraError, createRest, type Rest } from "@agora/sdk";
import { Account, persist } from "../account";
import type { StreamRecorder } from "./recorder";

export interface StreamWorldSize {
  topics: number;
  /** Of each topic: by the SDK; by requests with an expected offset; pollers by requests, and as many by the SDK; groups, and members of each. */
  producers: number;
  appenders: number;
  pollers: number;
  groups: number;
  members: number;
}

export interface StreamWorld {
  recorder: StreamRecorder;
  /** Whose topics they are. */
  userId: string;
  /** With an access key, for which time does not pass. */
  rest: Rest;
  topics: readonly string[];
  groups: readonly { number: number; topic: string; group: string }[];
  /** How often a request ended in each error, by code. */
  errors: Map<string, number>;
  /** What was answered that no fault explains. */
  failures: string[];
  memberCrashes: number;
}

const LEASE_SECONDS = 2;
const CALL_WITHIN_MS = 10_000;

/** Makes topics with their groups, in which nothing is yet. */
export async function buildStreamWorld(origin: string, recorder: StreamRecorder, size: StreamWorldSize, run: string): Promise<StreamWorld> {
  const account = new Account(origin, run, 1);
  await account.register();
  const { secret: token } = await account.rest.createKey({ name: "soak", scopes: ["topics:read", "topics:write"] });
  const rest = createRest({ baseUrl: `${origin}/api`, token, timeoutMs: CALL_WITHIN_MS });
  const topics = Array.from({ length: size.topics }, (_, i) => `${run}.${i}`);
  const groups: { number: number; topic: string; group: string }[] = [];
  for (const topic of topics) {
    await persist(() => rest.putTopic({ topic }));
    recorder.addLog(topic);
    for (let i = 0; i < size.groups; i++) {
      const group = `g${i}`;
      await persist(() => rest.putGroup({ topic, group, lease_seconds: LEASE_SECONDS }));
      groups.push({ number: recorder.addGroup(`${topic}/${group}`, topic, LEASE_SECONDS * 1_000), topic, group });
    }
  }
  return { recorder, userId: account.userId, rest, topics, groups, errors: new Map(), failures: [], memberCrashes: 0 };
}

/** Makes a call, and counts how it fails. That the server does not know what to answer is a failure by itself. */
export async function counted<T>({ errors, failures }: StreamWorld, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    const { code, message } = AgoraError.from(thrown);
    if (code === "internal") failures.push(`a request failed as no fault explains: ${message}`);
    errors.set(code, (errors.get(code) ?? 0) + 1);
    throw thrown;
  }
}
