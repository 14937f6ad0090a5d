import { inThisProcess } from "@agora/core/in-this-process";
import type { Community } from "./community";
import type { Frame, Person, Stack } from "./stack";

/** What people do with the messages of a community's channel. Each answers as the wire does, but `say`, `page` and `message`. */
export function talkIn(stack: Stack, world: Community, path = world.path) {
  const pins = path.replace(/messages$/, "pins");
  const call = (who: Person, signature: string, body?: object) =>
    stack.api(signature, { token: who.token, ...(body === undefined ? {} : { body }) });
  const reaction = (seq: number | string, emoji: string) => `${path}/${seq}/reactions/${encodeURIComponent(emoji)}`;
  const page = async (who: Person, query = ""): Promise<Frame[]> => (await call(who, `GET ${path}?${query}`)).body.messages;
  return {
    page,
    send: (who: Person, body: object) => call(who, `POST ${path}`, body),
    async say(who: Person, content = "hello", more: object = {}): Promise<Frame> {
      const { status, body } = await call(who, `POST ${path}`, { content, ...more });
      if (status !== 201) throw new Error(`saying it answered ${status} ${JSON.stringify(body)}`);
      return body;
    },
    message: async (who: Person, seq: number): Promise<Frame> => (await page(who, `after=${seq - 1}&limit=1`))[0],
    edit: (who: Person, seq: number | string, content: unknown) => call(who, `PATCH ${path}/${seq}`, { content }),
    remove: (who: Person, seq: number | string) => call(who, `DELETE ${path}/${seq}`),
    react: (who: Person, seq: number | string, emoji: string) => call(who, `PUT ${reaction(seq, emoji)}`),
    unreact: (who: Person, seq: number | string, emoji: string) => call(who, `DELETE ${reaction(seq, emoji)}`),
    pin: (who: Person, seq: number | string) => call(who, `PUT ${pins}/${seq}`),
    unpin: (who: Person, seq: number | string) => call(who, `DELETE ${pins}/${seq}`),
    pins: (who: Person, query = "") => call(who, `GET ${pins}?${query}`),
    /** How many mentions they count in the channel. */
    async mentionsOf(who: Person): Promise<number> {
      const { body } = await call(who, `GET /servers/${world.serverId}`);
      return (body.channels as Frame[]).find(({ id }) => path.includes(id)).mention_count;
    },
    timeOut: (who: Person) =>
      world.byOwner(`PATCH /servers/${world.serverId}/members/${who.user.id}`, { timeout_until: Date.now() + 60_000 }),
    /** Of what a socket has heard so far, the updates. */
    async updatesOf(client: { ask(frame: object): Promise<Frame>; frames: Frame[] }): Promise<Frame[]> {
      await client.ask({ action: "ping" });
      return client.frames.filter(({ type }) => type === "message_updated");
    },
  };
}
export type Talk = ReturnType<typeof talkIn>;

export const answerOf = ({ status, body }: Frame): [number, string | undefined] => [status, body?.code];

/** As another process would be, which has told nobody yet. */
export const forgetAnnouncements = () => inThisProcess("announced", () => new Map()).clear();

/** As another process would do it, which does not wait for what this one has begun. */
export function elsewhere<T>(act: () => Promise<T>): Promise<T> {
  inThisProcess("log.revisions", () => new Map()).clear();
  return act();
}

/** Numbers that no message has. */
export const noSeqs = ["99", "0", "01", "-1", "1.5", "1e0", "one", "9007199254740993", "%00", "x".repeat(100)];
