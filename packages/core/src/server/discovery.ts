import * as v from "valibot";
import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { isId } from "../lib/id";
import { badCursor } from "../lib/page";
import { joinBy } from "../member/joining";
import { writes } from "../member/store";
import { Id } from "../protocol/primitives";
import type { DiscoverPage, DiscoverQuery, ServerDetail } from "../protocol/server";
import * as store from "./store";
import type { OpenPosition } from "./store";

/* Servers that want to be found. Nobody learns of another one here, not even that it is there. */

/**
 * Servers that want to be found, by their names; with `q` those whose names begin so. One that has said so just now may be missing for a moment; a page
 * may be short of `limit`.
 * @throws input.invalid for a cursor of another list. Cost: half a read unit for about forty, and half a one each.
 */
export async function discover(_actor: Account, { q = "", limit, cursor }: DiscoverQuery): Promise<DiscoverPage> {
  const { items, next } = await store.listOpen(q, limit, cursor === undefined ? undefined : parseCursor(cursor, q));
  const servers = items.map(({ id, name, icon_url, description, member_count }) => ({ id, name, icon_url, description, member_count }));
  return { servers, has_more: next !== undefined, next_cursor: next ? formatCursor(next) : null };
}

/**
 * Joins a server that wants to be found at the moment of joining.
 * @throws server.not_found (also for one that does not), member.exists, member.banned
 * Cost: `joinBy` with 1 write (2 write units).
 */
export async function join(actor: Account, { server_id }: { server_id: string }): Promise<ServerDetail> {
  const notFound = (cause?: unknown) =>
    new AppError("server.not_found", "There is no such server, or it is not open to everybody.", { cause });
  if (!isId("srv", server_id)) throw notFound();
  return joinBy(actor, server_id, { writes: [writes.countFound(server_id)], closed: notFound });
}

const Cursor = v.tuple([
  v.pipe(
    v.string(),
    v.nonEmpty(),
    v.check((text) => text.isWellFormed()),
  ),
  Id("srv"),
]);

const formatCursor = ({ name_key, id }: OpenPosition): string => Buffer.from(JSON.stringify([name_key, id])).toString("base64url");

/** @throws input.invalid */
function parseCursor(cursor: string, q: string): OpenPosition {
  const { success, output } = v.safeParse(v.pipe(v.string(), v.parseJson(), Cursor), Buffer.from(cursor, "base64url").toString());
  const position = success ? { name_key: output[0], id: output[1] } : undefined;
  if (!position || !store.isWithin(position, q)) throw badCursor();
  return position;
}
