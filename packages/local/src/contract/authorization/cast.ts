import { permissions, type Permission } from "@agora/core/protocol/role";
import { SignJWT } from "jose";
import { PASSWORD, uniqueName, type Person, type Stack } from "../../testing/stack";

/** Everybody who might call. */
export const callers = [
  "anonymous",
  "expired",
  "outsider",
  "adminElsewhere",
  "kicked",
  "banned",
  "member",
  "moderator",
  "allBut",
  "only",
  "owner",
] as const;
export type Caller = (typeof callers)[number];

/** The same for every server that they meet. */
export const outsiders: readonly Caller[] = ["outsider", "adminElsewhere", "kicked", "banned"];

/** Who is in the conversation that they all meet. */
export const participants: readonly Caller[] = ["member", "owner"];

type Named = Exclude<Caller, "anonymous" | "expired">;

export interface Cast {
  stack: Stack;
  people: Record<Named | "stranger" | "extra", Person>;
  tokens: Record<Caller, string | undefined>;
  /** A server that anybody may join, and an invite to it: it is in no other way part of a test. */
  openCode: string;
  /** A group that the owner has made, with the member. */
  dmId: string;
}

const MODERATOR: Permission[] = ["moderate_members", "moderate_messages"];

export async function assemble(stack: Stack): Promise<Cast> {
  const names = [
    "outsider",
    "adminElsewhere",
    "kicked",
    "banned",
    "member",
    "moderator",
    "allBut",
    "only",
    "owner",
    "stranger",
    "extra",
  ] as const;
  const registered = await Promise.all(names.map(async (name) => [name, await stack.register()] as const));
  const people = Object.fromEntries(registered) as Cast["people"];
  await stack.api("POST /servers", { token: people.adminElsewhere.token, body: { name: uniqueName("s") } });
  const { body: open } = await stack.api("POST /servers", { token: people.owner.token, body: { name: uniqueName("s") } });
  const { body: invite } = await stack.api(`POST /servers/${open.id}/invites`, { token: people.owner.token, body: {} });
  const { body: group } = await stack.api("POST /dms", {
    token: people.owner.token,
    body: { user_ids: [people.member.user.id, people.extra.user.id] },
  });
  const tokenOf = (caller: Named) => people[caller].token;
  const named = Object.fromEntries(callers.slice(2).map((caller) => [caller, tokenOf(caller as Named)])) as Record<Named, string>;
  return {
    stack,
    people,
    openCode: invite.code,
    dmId: group.id,
    tokens: { ...named, anonymous: undefined, expired: await expiredTokenOf(people.owner) },
  };
}

async function expiredTokenOf({ user }: Person): Promise<string> {
  const hourAgo = Math.floor(Date.now() / 1000) - 3_600;
  const secret = (JSON.parse(process.env["SST_RESOURCE_TokenSecret"] ?? "{}") as { value: string }).value;
  return new SignJWT({ sid: "ses_0" })
    .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
    .setIssuer("agora")
    .setAudience("agora-api")
    .setSubject(user.id)
    .setIssuedAt(hourAgo)
    .setExpirationTime(hourAgo + 900)
    .sign(new TextEncoder().encode(secret));
}

/** A server in which each of the cast is what they are called. */
export interface Stage {
  cast: Cast;
  serverId: string;
  channelId: string;
  /** A channel that only the owner and those who manage channels see. */
  hiddenChannelId: string;
  /** What must work, done by the owner (or another), as a row prepares what is to be called. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the wire says
  does(signature: string, body?: object, by?: Person): Promise<any>;
  joins(person: Person): Promise<void>;
}

/**
 * @param permission that a route asks for: nobody but the owner and `only` has it, and `allBut` has every other.
 */
export async function makeStage(cast: Cast, permission: Permission | undefined): Promise<Stage> {
  const { stack, people } = cast;
  const does: Stage["does"] = async (signature, body, by = people.owner) => {
    const answer = await stack.api(signature, { token: by.token, ...(body ? { body } : {}) });
    if (answer.status >= 300) throw new Error(`${signature} answered ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const server = await does("POST /servers", { name: uniqueName("s") });
  const { code } = await does(`POST /servers/${server.id}/invites`, {});
  const joins = async (person: Person) => {
    const { status } = await stack.api(`POST /invites/${code}/join`, { token: person.token });
    if (status !== 200 && status !== 409) throw new Error(`joining answered ${status}`);
  };
  for (const name of ["member", "moderator", "allBut", "only", "kicked", "banned"] as const) await joins(people[name]);
  await does(`DELETE /servers/${server.id}/members/${people.kicked.user.id}`);
  await does(`PUT /servers/${server.id}/bans/${people.banned.user.id}`, {});

  const give = async (person: Person, granted: readonly Permission[]) => {
    const role = await does(`POST /servers/${server.id}/roles`, { name: uniqueName("r"), permissions: granted });
    await does(`PATCH /servers/${server.id}/members/${person.user.id}`, { role_ids: [role.id] });
  };
  const everyone = server.roles[0] as { id: string; permissions: Permission[] };
  if (permission && everyone.permissions.includes(permission)) {
    const rest = everyone.permissions.filter((one) => one !== permission);
    await does(`PATCH /servers/${server.id}/roles/${everyone.id}`, { permissions: rest });
  }
  await give(people.allBut, permission ? permissions.filter((one) => one !== permission) : []);
  await give(people.only, permission ? [permission] : []);
  await give(
    people.moderator,
    MODERATOR.filter((one) => one !== permission),
  );
  const hidden = await does(`POST /servers/${server.id}/channels`, { name: "hidden", kind: "text", private: true });
  await does(`POST /servers/${server.id}/channels/${hidden.id}/messages`, { content: "hidden" });
  await does(`POST /servers/${server.id}/channels/${server.channels[0].id}/messages`, { content: "first" });
  return { cast, serverId: server.id, channelId: server.channels[0].id, hiddenChannelId: hidden.id, does, joins };
}

export { PASSWORD };
