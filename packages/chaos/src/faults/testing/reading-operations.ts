import type { Frame } from "@agora/local/testing/stack";
import { outcomeOf, type Operation } from "./operation";
import { Place } from "./place";

/* How people come to what was said. Whatever breaks meanwhile: what is shown is all, and right, or nothing is shown. */

interface Reading {
  name: string;
  /** What is asked of a channel with three messages, which are given: a path and query, and the numbers that are to be shown. */
  asks(messages: readonly Frame[]): { path: string; shows: number[] };
  /** A page of it may be short, or empty, before the end: it is walked to there. */
  isWalked?: true;
}

const reading = ({ name, asks, isWalked }: Reading): Operation => ({
  name,
  isAnsweredAtTheEnd: true,
  async prepare({ client }, owner) {
    const place = await Place.make(client, owner, { messages: 3 });
    const { body } = await client.api(`GET ${place.path}?after=0`, { token: owner.token });
    const { path, shows } = asks(body.messages as Frame[]);
    const shown: number[][] = [];
    return {
      marks: place.marks,
      async attempt() {
        const seqs: number[] = [];
        for (let cursor = ""; ;) {
          const answer = await client.api(`GET ${place.path.replace(/messages$/, path)}${cursor}`, { token: owner.token });
          if (answer.status !== 200) return outcomeOf(answer, () => false);
          seqs.push(...(answer.body.messages as Frame[]).map(({ seq }) => seq as number));
          if (!isWalked || answer.body.has_more !== true) {
            shown.push(seqs);
            return outcomeOf(answer, () => true);
          }
          cursor = `&cursor=${answer.body.next_cursor as string}`;
        }
      },
      problems() {
        const wrong = shown.filter((seqs) => String(seqs) !== String(shows));
        return Promise.resolve(wrong.map((seqs) => `${String(seqs)} is shown, not ${String(shows)}`));
      },
      end: () => Promise.resolve(),
    };
  },
});

export const readingOperations: readonly Operation[] = [
  reading({ name: "page", asks: () => ({ path: "messages?limit=2&before=4", shows: [3, 2] }) }),
  reading({ name: "search", asks: () => ({ path: "search?q=message%202", shows: [2] }), isWalked: true }),
  reading({
    name: "page around a moment",
    asks(messages) {
      const moment = messages[1]?.created_at as number;
      const first = messages.find(({ created_at }) => created_at >= moment);
      return { path: `messages?at=${moment}&limit=1`, shows: [first?.seq as number] };
    },
  }),
];
