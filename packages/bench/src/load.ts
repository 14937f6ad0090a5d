import { nowMs } from "./clock";

/** Clients that each make one request after the other, as fast as they are answered. */
export interface Load {
  name: string;
  clients: number;
  /** One client's next request; resolves to how much it was. */
  request(client: number): Promise<number>;
  /** A second, for each time that it ran. */
  rates: number[];
  /** Of each request, in milliseconds. */
  latencies: number[];
}

/** @param counts not for a round that only warms up. */
export async function runLoad(load: Load, forMs: number, counts: boolean): Promise<void> {
  const startedAt = nowMs();
  let done = 0;
  const client = async (_: unknown, number: number) => {
    while (nowMs() - startedAt < forMs) {
      const at = nowMs();
      const amount = await load.request(number);
      done += amount; // after the wait: the others count meanwhile
      if (counts) load.latencies.push(nowMs() - at);
    }
  };
  await Promise.all(Array.from({ length: load.clients }).map(client));
  if (counts) load.rates.push((done * 1_000) / (nowMs() - startedAt));
}
