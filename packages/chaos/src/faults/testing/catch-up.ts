import type { Client, Person, SocketClient } from "@agora/local/testing/stack";
import type { Place } from "./place";

/**
 * What a client does that comes back: it subscribes with the last number that it has seen, and pages in what finds no room in the answer.
 * @returns the numbers that it got, in the order in which it got them.
 */
export async function catchUp(client: Client, socket: SocketClient, person: Person, place: Place, after: number): Promise<number[]> {
  const answer = await socket.ask({ action: "subscribe", topics: [{ topic: place.topic, after }] });
  const [topic] = answer.topics ?? [];
  if (!topic) throw new Error(`subscribing was answered ${JSON.stringify(answer)}`);
  const seqs: number[] = (topic.entries ?? []).map(({ seq }: { seq: number }) => seq);
  for (let from: number | null = topic.gap ? after : null; from !== null;) {
    const { body } = await client.api(`GET ${place.path}?after=${from}&limit=100`, { token: person.token });
    seqs.push(...body.messages.map(({ seq }: { seq: number }) => seq));
    from = body.next_cursor as number | null;
  }
  return seqs;
}
