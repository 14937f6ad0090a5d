import { uniqueName, type Client, type Person } from "@agora/local/testing/stack";
import { outcomeOf, type Operation } from "./operation";

/* What producers and consumers do. Whatever breaks: nothing is stored twice, a generation has one holder, and what is committed stays. */

const MESSAGES = [{ payload: "a" }, { payload: "b" }, { payload: "c" }];

async function makeTopic(client: Client, { token }: Person, leaseSeconds: number) {
  const topic = uniqueName("t").replaceAll("_", "-");
  const path = `/topics/${topic}`;
  const group = `${path}/groups/g`;
  const call = (request: string, body?: object) => client.api(request, { token, body });
  const done = async (request: string, body?: object) => {
    const answer = await call(request, body);
    if (answer.status >= 300) throw new Error(`${request} answered ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  await done(`POST ${path}/produce`, { messages: MESSAGES });
  await done(`PUT ${group}`, { lease_seconds: leaseSeconds });
  const poll = (consumer: string) => call(`POST ${group}/poll`, { consumer });
  const commit = (generation: number, next: number) => call(`POST ${group}/commit`, { generation, offset: next });
  return { topic, path, group, call, done, poll, commit };
}

const differs = (what: string, is: unknown, wanted: unknown): string[] =>
  JSON.stringify(is) === JSON.stringify(wanted) ? [] : [`${what} is ${JSON.stringify(is)}, not ${JSON.stringify(wanted)}`];

const produce: Operation = {
  name: "produce a batch",
  isAnsweredAtTheEnd: true,
  async prepare({ client }, person) {
    const { topic, path, call, done } = await makeTopic(client, person, 300);
    const nonce = uniqueName("n");
    const heard = new Set<number>();
    return {
      marks: [topic],
      async attempt() {
        const answer = await call(`POST ${path}/produce`, { messages: MESSAGES, nonce, after: 3 });
        if (answer.status === 200) heard.add(answer.body.offset as number);
        return outcomeOf(answer, (status) => status === 200);
      },
      async problems() {
        const { messages, head } = await done(`GET ${path}/consume?limit=100`);
        const payloads = (messages as { payload: string }[]).map(({ payload }) => payload).join("");
        return [...differs("the topic", payloads, "abcabc"), ...differs("its head", head, 6), ...differs("the offset", [...heard], [4])];
      },
      end: () => Promise.resolve(),
    };
  },
};

const poll: Operation = {
  name: "poll for a free group",
  isAnsweredAtTheEnd: true,
  async prepare({ client }, person) {
    const { topic, group, done, poll: pollAs } = await makeTopic(client, person, 300);
    const generations = new Set<number>();
    return {
      marks: [topic],
      async attempt() {
        const answer = await pollAs("me");
        if (answer.status === 200) generations.add(answer.body.generation as number);
        return outcomeOf(answer, (status) => status === 200);
      },
      async problems() {
        const { holder, generation, committed } = await done(`GET ${group}`);
        const other = await pollAs("other");
        return [
          ...differs("the group", [holder, generation, committed], ["me", 1, 1]),
          ...differs("what was heard of generations", [...generations], [1]),
          ...differs("what another is told", other.body.code, "group.leased"),
        ];
      },
      end: () => Promise.resolve(),
    };
  },
};

const commit: Operation = {
  name: "commit",
  isAnsweredAtTheEnd: true,
  async prepare({ client }, person) {
    const { topic, group, done, poll: pollAs, commit: commitAs } = await makeTopic(client, person, 300);
    await pollAs("me");
    return {
      marks: [topic],
      attempt: async () => outcomeOf(await commitAs(1, 3), (status) => status === 200),
      async problems() {
        const { holder, generation, committed, lag } = await done(`GET ${group}`);
        return differs("the group", [holder, generation, committed, lag], ["me", 1, 3, 1]);
      },
      end: () => Promise.resolve(),
    };
  },
};

const takeOver: Operation = {
  name: "take a group over",
  isAnsweredAtTheEnd: true,
  async prepare({ client }, person) {
    const { topic, group, done, poll: pollAs, commit: commitAs } = await makeTopic(client, person, 300);
    await pollAs("before");
    await done(`POST ${group}/commit`, { generation: 1, offset: 2, release: true });
    return {
      marks: [topic],
      attempt: async () => outcomeOf(await pollAs("me"), (status) => status === 200),
      async problems() {
        const { holder, generation, committed } = await done(`GET ${group}`);
        const late = await commitAs(1, 4);
        return [
          ...differs("the group", [holder, generation, committed], ["me", 2, 2]),
          ...differs("the old generation's commit", late.body.code, "group.fenced"),
        ];
      },
      end: () => Promise.resolve(),
    };
  },
};

export const streamOperations: readonly Operation[] = [produce, poll, commit, takeOver];
