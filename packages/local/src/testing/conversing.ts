import type { Person, Stack } from "./stack";

/** Calls about conversations, each by somebody. */
export function conversing(stack: () => Stack) {
  const call = (who: Person, signature: string, body?: object) => stack().api(signature, { token: who.token, ...(body ? { body } : {}) });
  const start = (who: Person, ...others: Person[]) => call(who, "POST /dms", { user_ids: others.map(({ user }) => user.id) });
  return {
    call,
    start,
    /** The id of one that is started, which must work. */
    async started(who: Person, ...others: Person[]): Promise<string> {
      const { status, body } = await start(who, ...others);
      if (status >= 300) throw new Error(`starting answered ${status} ${JSON.stringify(body)}`);
      return body.id as string;
    },
    say: (who: Person, id: string, content = "hello") => call(who, `POST /dms/${id}/messages`, { content }),
    /** The ids in somebody's list. */
    async listed(who: Person): Promise<string[]> {
      const { body } = await call(who, "GET /dms");
      return (body.conversations as { id: string }[]).map(({ id }) => id);
    },
    block: (who: Person, other: Person) => call(who, `PUT /users/@me/blocks/${other.user.id}`),
    unblock: (who: Person, other: Person) => call(who, `DELETE /users/@me/blocks/${other.user.id}`),
    people: (count: number): Promise<Person[]> => Promise.all(Array.from({ length: count }, () => stack().register())),
  };
}

export const outcome = ({ status, body }: { status: number; body?: { code?: string } }) => [status, body?.code];
