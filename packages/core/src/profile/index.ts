import * as account from "../account/index";
import * as accounts from "../account/store";
import type { ProfileChange, UserRow } from "../account/store";
import type { Account } from "../lib/actor";
import { atOnce } from "../lib/at-once";
import { AppError, unavailable } from "../lib/error";
import { isId } from "../lib/id";
import { badCursor } from "../lib/page";
import { serverTopic, userTopic } from "../lib/topic";
import * as limit from "../limit/index";
import { present } from "../member/index";
import * as members from "../member/store";
import type { Me, Profile, UpdateProfileBody, UserPage, UserSearchQuery } from "../protocol/account";
import { limits } from "../protocol/limits";
import type { Member } from "../protocol/member";
import { announce } from "../realtime/publish";
import * as servers from "../server/store";
import * as upload from "../upload/index";
import { avatarOf } from "./avatar";

/* What an account says of itself, and how it is found by others. */

const searches = { max: 120, windowSeconds: 60, code: "limit.search" } as const;
/** Each is told to every server that the account is in. */
const changes = { max: 20, windowSeconds: 600, code: "limit.profile" } as const;

/** What a username is made of; what has anything else in it is the beginning of none. */
const POSSIBLE = new RegExp(`^[a-z0-9_.]{1,${limits.username.max}}$`);

/**
 * Accounts whose username begins so, by their names.
 * @throws limit.search, input.invalid for a cursor of another list. Cost: 1 write unit, half a read unit per 4 KB.
 */
export async function search(actor: Account, { q, limit: count, cursor }: UserSearchQuery): Promise<UserPage> {
  await limit.take({ ...searches, key: `search#${actor.user_id}` });
  if (cursor !== undefined && !(POSSIBLE.test(cursor) && cursor.startsWith(q))) throw badCursor();
  if (!POSSIBLE.test(q)) return { users: [], has_more: false, next_cursor: null };
  const { items, next } = await accounts.listByPrefix(q, count, cursor);
  return { users: items, has_more: next !== null, next_cursor: next };
}

/** @throws account.not_found. Cost: 1 read unit. */
export async function get(actor: Account, { user_id }: { user_id: string }): Promise<Profile> {
  const id = user_id === "@me" ? actor.user_id : user_id;
  const row = isId("usr", id) ? await accounts.find(id) : undefined;
  if (!row || (row.deleting_at !== null && id !== actor.user_id)) throw new AppError("account.not_found", "There is no such account.");
  return { ...accounts.publicPart(row), bio: row.bio };
}

/** How long a change is carried into the servers that the account is in. */
const CARRYING_MS = 15_000;
const SERVERS_AT_ONCE = 10;

/**
 * Changes what the account is called and says of itself, and what is shown of it in every server that it is in. When it throws, some of them may show
 * the former; to be repeated, and goes on then. What was said before keeps its author's former name (docs/decisions/0004-author-snapshot.md). A former
 * avatar is deleted.
 * @throws account.not_found, limit.profile; for an avatar what `upload.claimImage` throws; unavailable: to be repeated
 * Cost: 1 write unit, 1 read unit, 2 write units with the index; for each server 2 write units, half a read unit and a push to each of its listeners; a
 * push to each of the own connections; for an avatar see `upload.claimImage` and `upload.releaseImage`.
 */
export async function update(actor: Account, body: UpdateProfileBody): Promise<Me> {
  await limit.take({ ...changes, key: `profile#${actor.user_id}` });
  const { before, now } = await change(actor, body);
  await carry(now, Date.now() + CARRYING_MS);
  if (before.avatar_url !== now.avatar_url) await upload.releaseImage(before.avatar_url, avatarOf(now.id));
  const topic = userTopic(now.id);
  await announce(topic, { type: "user_updated", topic, user: accounts.publicPart(now) });
  return account.ownPart(now);
}

/** The account may be changed elsewhere just then. */
const TRIES = 10;

async function change(actor: Account, { avatar, ...body }: UpdateProfileBody): Promise<{ before: UserRow; now: UserRow }> {
  const claimed = avatar ? await upload.claimImage(actor, avatar, "avatar", avatarOf(actor.user_id)) : avatar;
  const wanted: ProfileChange = { ...body, ...(claimed === undefined ? {} : { avatar_url: claimed }) };
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const before = await account.getStaying(actor.user_id);
    const changed = changedBy(before, wanted);
    // A repeat changes nothing, so that what it carries on is of the same revision.
    const now = Object.keys(changed).length > 0 ? await accounts.updateProfile(before, changed) : before;
    if (now) return { before, now };
  }
  throw unavailable(new Error("a profile was changed elsewhere all the time"));
}

const changedBy = (before: UserRow, wanted: ProfileChange): ProfileChange =>
  Object.fromEntries(Object.entries(wanted).filter(([key, value]) => value !== before[key as keyof ProfileChange]));

/** Of two changes at the same moment each membership keeps the later one, whichever comes there first. @throws unavailable */
async function carry(row: UserRow, until: number): Promise<void> {
  if (row.revision === 0) return;
  for await (const behind of members.listBehind(row.id, row.revision)) {
    if (Date.now() >= until) throw unavailable(new Error("a change of a profile was not carried everywhere in time"));
    await atOnce(SERVERS_AT_ONCE, behind, (member) => renew(member, row));
  }
}

async function renew(before: Member, row: UserRow): Promise<void> {
  const [member, server] = await Promise.all([
    members.renewSnapshot(before, row, row.revision),
    servers.findServer(before.server_id), // as it is then: it says which of the roles there are
  ]);
  if (!member || !server) return;
  const topic = serverTopic(server.id);
  await announce(topic, { type: "member_updated", topic, member: present(server, member) });
}
