import { WebSocket } from "ws";
import type { Recorder } from "../history/recorder";
import { Account, persist } from "./account";
import { Exiles } from "./exiles";

/** A channel, as requests and topics name it. */
export interface Place {
  topic: string;
  /** The number of its server in the world. */
  server: number;
  path: { server_id: string; channel_id: string };
}

export interface Community {
  id: string;
  /** The number of the person who made it. */
  owner: number;
  members: readonly number[];
  invite: string;
  places: readonly Place[];
}

/** Who there is and where they talk, and the history that is written. */
export interface World {
  recorder: Recorder;
  accounts: readonly Account[];
  communities: readonly Community[];
  exiles: Exiles;
  /** What the clients open their sockets with. */
  WebSocket: typeof WebSocket;
  /** How often a request ended in each error, by code. */
  errors: Map<string, number>;
}

export interface WorldSize {
  people: number;
  servers: number;
  /** Of each server. */
  channels: number;
}

/** How many servers everybody is a member of. */
const SERVERS_EACH = 2;
const REGISTER_AT_ONCE = 4;

/** Makes the accounts, servers and channels. Nothing is written to a channel yet. */
export async function buildWorld(origin: string, recorder: Recorder, size: WorldSize, run: string, Socket = WebSocket): Promise<World> {
  const accounts = Array.from({ length: size.people }, (_, i) => new Account(origin, `${run}_${i}`, i + 1));
  for (let first = 0; first < accounts.length; first += REGISTER_AT_ONCE) {
    await Promise.all(accounts.slice(first, first + REGISTER_AT_ONCE).map((account) => account.register()));
  }
  for (const { name, userId } of accounts) recorder.addPerson(name, userId);
  const communities = await Promise.all(
    Array.from({ length: size.servers }, (_, i) => buildCommunity(accounts, recorder, { number: i, ...size, name: `${run} ${i}` })),
  );
  return { recorder, accounts, communities, exiles: new Exiles(recorder), WebSocket: Socket, errors: new Map() };
}

interface CommunityPlan extends WorldSize {
  number: number;
  name: string;
}

async function buildCommunity(accounts: readonly Account[], recorder: Recorder, plan: CommunityPlan): Promise<Community> {
  const { number, servers, channels, name } = plan;
  const owner = number % accounts.length;
  const { rest } = at(accounts, owner);
  const made = await rest.createServer({ name });
  const ids = made.channels.map(({ id }) => id);
  for (let i = ids.length; i < channels; i++) ids.push((await rest.createChannel({ server_id: made.id, name: `c${i}`, kind: "text" })).id);
  const { code } = await rest.createInvite({ server_id: made.id });
  const members = accounts.map((_, person) => person).filter((person) => (number + servers - (person % servers)) % servers < SERVERS_EACH);
  if (!members.includes(owner)) members.push(owner);
  for (const member of members) if (member !== owner) await persist(() => at(accounts, member).rest.joinByInvite({ code }));
  const places = ids.map((id) => ({ topic: `channel:${id}`, server: number, path: { server_id: made.id, channel_id: id } }));
  for (const { topic } of places) recorder.addLog(topic);
  return { id: made.id, owner, members, invite: code, places };
}

/** The element; its absence is a defect of the workload. */
export function at<T>(list: readonly T[], index: number): T {
  const element = list[index];
  if (element === undefined) throw new RangeError(`nothing at ${index} of ${list.length}`);
  return element;
}
