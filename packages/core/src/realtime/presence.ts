import { logger } from "../lib/logger";
import { idOf, kindOf, presenceTopic, serverTopic } from "../lib/topic";
import * as limit from "../limit/index";
import { pushAndForget } from "./publish";
import * as store from "./store";

/*
 * Whoever has a server in sight listens to `server:<id>`, and is online there: no state is kept beside that. Those who look at the list listen to
 * `presence:<id>`, get it when they subscribe, and are pushed the whole list again when it has changed: a whole list costs no more than a change,
 * and heals whatever was missed. A crowd that comes at once makes few pushes: see `tellIf`.
 */

/** Ids in one frame: more would not fit into 32 KB. */
const ONLINE_MAX = 1_000;
/** A server's list is pushed at most so often, and less often the more there are to push it to: at most four pushes a second. */
const EVERY_MS = { least: 1_000, perLooker: 250 };
/** By how much later than the gate opens the one who was asked looks again. */
const RECHECK_MARGIN_MS = 300;

const gate = (serverId: string): string => `presence#${serverId}`;

/** The accounts that are online in the server. Cost: 1 read unit for about thirty connections. */
async function onlineIn(serverId: string): Promise<string[]> {
  return idsOf(await store.listListeners(serverTopic(serverId)));
}

const idsOf = (listeners: readonly store.Listener[]): string[] =>
  [...new Set(listeners.map(({ user_id }) => user_id))].sort().slice(0, ONLINE_MAX);

/** For one who begins to look, or looks again: who is online. If changes were held back meanwhile, everybody who looks is told. Cost: 1 write unit, 2 read units. */
export async function look(serverId: string): Promise<string[]> {
  const [online, lookers] = await Promise.all([onlineIn(serverId), store.listListeners(presenceTopic(serverId))]);
  if (await limit.passHeldBack(gate(serverId), intervalMs(lookers.length))) await tellLookers(serverId, lookers, online);
  return online;
}

/** Tells one who looks. Cost: 1 push. */
export async function tell(looker: store.Listener, online: string[]): Promise<void> {
  await pushAndForget([looker], JSON.stringify(frameOf(idOf(looker.topic), online)));
}

/** Somebody listens to the server from now on. Cost: half a read unit while nobody looks at the list. */
export const came = (serverId: string): Promise<void> => tellIf(serverId, () => true);

/** A connection of the account does not listen to these topics any more. Cost: as `came`, for each server among them; 1 write unit for each list. */
export async function left(userId: string, topics: Iterable<string>): Promise<void> {
  const idsOfKind = (kind: string) => [...topics].filter((topic) => kindOf(topic) === kind).map(idOf);
  // Their other connections keep them online. Of two that leave at once the one that looks last sees neither.
  await Promise.all(idsOfKind("server").map((id) => tellIf(id, (listeners) => !listeners.some(({ user_id }) => user_id === userId))));
  await Promise.all(idsOfKind("presence").map(passOnTheDuty));
}

/** A failure is logged: the next change tells all of it. */
async function tellIf(serverId: string, hasChanged: (listeners: readonly store.Listener[]) => boolean): Promise<void> {
  try {
    const lookers = await store.listListeners(presenceTopic(serverId));
    if (lookers.length === 0) return;
    const listeners = await store.listListeners(serverTopic(serverId));
    if (!hasChanged(listeners)) return;
    const outcome = await limit.passOrHoldBack(gate(serverId), intervalMs(lookers.length));
    if (outcome === "passed") await tellLookers(serverId, lookers, idsOf(listeners));
    if (outcome === "first held back") await askToRecheck(serverId, lookers, idsOf(listeners));
  } catch (error) {
    logger.warn("presence.failed", { server_id: serverId }, error);
  }
}

/** Whoever does not look any more may be the one who was asked to look again. */
async function passOnTheDuty(serverId: string): Promise<void> {
  try {
    if (!(await limit.isHeldBack(gate(serverId)))) return;
    await askToRecheck(serverId, await store.listListeners(presenceTopic(serverId)), await onlineIn(serverId));
  } catch (error) {
    logger.warn("presence.failed", { server_id: serverId }, error);
  }
}

async function tellLookers(serverId: string, lookers: readonly store.Listener[], online: string[]): Promise<void> {
  await pushAndForget(lookers, JSON.stringify(frameOf(serverId, online)));
}

/** One of them is asked to look again when the gate is open: that tells everybody what is held back until then. */
async function askToRecheck(serverId: string, lookers: readonly store.Listener[], online: string[]): Promise<void> {
  const recheck_ms = intervalMs(lookers.length) + RECHECK_MARGIN_MS;
  await pushAndForget(lookers.slice(0, 1), JSON.stringify({ ...frameOf(serverId, online), recheck_ms }));
}

const frameOf = (serverId: string, online: string[]) => ({ type: "presence" as const, topic: presenceTopic(serverId), online });

const intervalMs = (lookers: number): number => Math.max(EVERY_MS.least, lookers * EVERY_MS.perLooker);
