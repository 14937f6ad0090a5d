import { uniqueName, type Client, type Person } from "@agora/local/testing/stack";
import { setTimeout as sleep } from "node:timers/promises";
import { problemsOfListener, problemsOfLog, problemsOfSilence, type Entry } from "../invariants";
import { outcomeOf, type Operation } from "./operation";
import { close } from "./place";

/* What people do outside of servers. */

/** How long somebody who should hear nothing is listened to. */
const SILENCE_MS = 150;
const HEARD_WITHIN_MS = 2_000;

const partners = new Map<string, Promise<Person>>();

/** Somebody whom no run of another person has. Made once: to register is work. */
function partnerOf(person: Person, client: Client): Promise<Person> {
  const partner = partners.get(person.user.id) ?? client.register();
  partners.set(person.user.id, partner);
  return partner;
}

interface Listed {
  id: string;
  users: { id: string }[];
}

async function startedBy(client: Client, who: Person, ...others: Person[]) {
  const answer = await client.api("POST /dms", { token: who.token, body: { user_ids: others.map(({ user }) => user.id) } });
  if (answer.status > 201) throw new Error(`starting answered ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as Listed;
}

async function listOf(client: Client, who: Person): Promise<Listed[]> {
  const { status, body } = await client.api("GET /dms?limit=5", { token: who.token });
  if (status !== 200) throw new Error(`listing answered ${status} ${JSON.stringify(body)}`);
  return body.conversations as Listed[];
}

const start: Operation = {
  name: "start a conversation",
  isAnsweredAtTheEnd: true,
  async prepare({ client }, person) {
    const other = await client.register();
    const answered = new Set<string>();
    return {
      marks: [other.user.id],
      async attempt() {
        const answer = await client.api("POST /dms", { token: person.token, body: { user_ids: [other.user.id] } });
        if (answer.status < 300) answered.add(answer.body.id as string);
        return outcomeOf(answer, (status) => status === 200 || status === 201);
      },
      async problems() {
        const theirs = await listOf(client, other);
        const mine = (await listOf(client, person)).filter(({ users }) => users.some(({ id }) => id === other.user.id));
        answered.add((await startedBy(client, other, person)).id);
        return [
          ...(answered.size === 1 ? [] : [`two people have ${answered.size} direct conversations`]),
          ...(mine.length === 1 ? [] : [`who started it sees ${mine.length} of them`]),
          ...(theirs.length === 0 ? [] : ["it shows for the other, though nothing was said"]),
        ];
      },
      end: () => Promise.resolve(),
    };
  },
};

const send: Operation = {
  name: "send in a conversation",
  isAnsweredAtTheEnd: true,
  async prepare({ client }, person, host) {
    const other = await partnerOf(person, client);
    const { id } = await startedBy(client, person, other, host);
    const socket = await client.listen(other.token, [{ topic: `user:${other.user.id}` }]);
    const said = { content: "hello", nonce: uniqueName("n"), after: 0 };
    let seq: number | undefined;
    return {
      marks: [id, other.user.id],
      async attempt() {
        const answer = await client.api(`POST /dms/${id}/messages`, { token: person.token, body: said });
        if (answer.status < 300) seq = answer.body.seq as number;
        return outcomeOf(answer, (status) => status === 200 || status === 201);
      },
      async problems() {
        const { body } = await client.api(`GET /dms/${id}/messages`, { token: other.token });
        await socket.next(({ type }) => type === "new_message", HEARD_WITHIN_MS).catch(() => undefined);
        const heard = socket.frames.filter(({ type }) => type === "new_message").map((frame) => frame.seq as number);
        const wasCut = socket.socket.readyState !== socket.socket.OPEN;
        return [
          ...problemsOfLog(body.messages as Entry[], [{ ...said, seq }]),
          ...problemsOfListener({ name: "who does not look at it", heard, wasCut }, [1]),
          ...((await listOf(client, other)).some((one) => one.id === id) ? [] : ["it does not show for the other"]),
        ];
      },
      end: () => close(socket),
    };
  },
};

const leave: Operation = {
  name: "leave a group",
  isAnsweredAtTheEnd: true,
  async prepare({ client, row }, person, host) {
    const other = await partnerOf(person, client);
    const { id } = await startedBy(client, host, person, other);
    const topics = [{ topic: `dm:${id}` }, { topic: `user:${person.user.id}` }];
    const socket = await client.listen(person.token, topics);
    let attempts = 0;
    return {
      marks: [id, other.user.id],
      async attempt() {
        attempts++;
        const answer = await client.api(`DELETE /dms/${id}`, { token: person.token });
        return outcomeOf(answer, (status, code) => status === 204 || (attempts > 1 && code === "conversation.not_found"));
      },
      async problems() {
        const heardBefore = socket.frames.length;
        await client.api(`POST /dms/${id}/messages`, { token: other.token, body: { content: "between us" } });
        await sleep(SILENCE_MS);
        const { status } = await client.api(`GET /dms/${id}/messages`, { token: person.token });
        const again = await client.connect(person.token);
        const { denied } = await again.ask({ action: "subscribe", topics });
        await again.close();
        const { body } = await client.api(`GET /dms/${id}`, { token: other.token });
        const counted = (await row("Conversations", { id, user_id: "meta" }))?.["participants"];
        return [
          ...problemsOfSilence({ framesAfter: socket.frames.slice(heardBefore), statusOfRead: status, denied }, 1),
          ...((body as Listed).users.length === 2 && counted === 2
            ? []
            : [`${body.users.length} are in it, and counted as ${String(counted)}`]),
        ];
      },
      end: () => close(socket),
    };
  },
};

export const conversationOperations: readonly Operation[] = [start, send, leave];
