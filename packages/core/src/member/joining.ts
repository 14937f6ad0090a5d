import * as account from "../account/index";
import { isUnchanged } from "../account/store";
import type { Account } from "../lib/actor";
import { TransactionFailed, transactWrite } from "../lib/dynamo";
import type { Write } from "../lib/dynamo";
import { AppError, unavailable } from "../lib/error";
import { serverTopic } from "../lib/topic";
import type { ServerDetail } from "../protocol/server";
import { announce } from "../realtime/publish";
import * as server from "../server/index";
import { draft } from "./index";
import { findKeptTimeout, writes } from "./store";

/** A way into a server. */
export interface Way {
  /** Its parts of the transaction, the server's count among them. It is open if their conditions hold. */
  writes: Write[];
  /** What is said if it is not; it may look why. */
  closed: (cause: TransactionFailed) => AppError | Promise<AppError>;
}

/**
 * Makes the actor a member if they are none, are not banned and the way is open, all in one transaction, and tells the server. Who is banned is told so
 * only where the way is open.
 * @throws member.exists, what `closed` says, member.banned; the first of them that is true. account.not_found: it is being deleted.
 * unavailable: their profile was changed just then.
 * Cost: 2 read units, 1 transaction of one write (4 write units with the index), two checks (2 each) and those of the way, one push to each listener of
 * the server, and `server.get`.
 */
export async function joinBy(actor: Account, serverId: string, way: Way): Promise<ServerDetail> {
  const [user, timeout_until] = await Promise.all([account.getStaying(actor.user_id), findKeptTimeout(serverId, actor.user_id)]);
  const member = { ...draft(serverId, user), timeout_until };
  const resume = timeout_until === null ? [] : [writes.resumeTimeout(serverId, member.user_id)];
  try {
    const checks = [writes.isNotBanned(serverId, member.user_id), isUnchanged(user)];
    await transactWrite([writes.add(member, user.revision), ...checks, ...way.writes, ...resume]);
  } catch (error) {
    if (!(error instanceof TransactionFailed)) throw error;
    const [isMember, isBanned, _isStale, ...isClosed] = error.failed;
    if (isMember) throw new AppError("member.exists", "You are a member of this server already.", { cause: error });
    if (isClosed.includes(true)) throw await way.closed(error);
    if (isBanned) throw new AppError("member.banned", "You are banned from this server.", { cause: error });
    throw unavailable(error); // their profile was changed just then
  }
  const topic = serverTopic(serverId);
  await announce(topic, { type: "member_joined", topic, member });
  return server.get(actor, { server_id: serverId });
}
