import { scopes } from "@agora/core/protocol/access-key";
import type { Scope } from "@agora/core/protocol/access-key";
import { isWithoutPlace } from "@agora/core/protocol/route";
import type { Route } from "@agora/core/protocol/route";
import { routes } from "@agora/core/protocol/routes";
import type { RouteName } from "@agora/core/protocol/signatures";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startStack, type Stack } from "../../testing/stack";
import { absent, callWith } from "./calling";
import { assemble, makeStage, type Cast, type Stage } from "./cast";
import { rows } from "./rows";

/*
 * Every route × access keys, from the route table: what a route says of keys (`scope`) is the expectation. A key is the owner's if nothing else is said,
 * so that where it is refused, nothing but the key is the reason.
 */

let stack: Stack;
let cast: Cast;
let stage: Stage;
let whole: string;
let ofOutsider: string;
let revoked: string;
/** By what they lack: each has every scope but that one. */
const lacking = new Map<string, string>();

async function keyOf(token: string, granted: readonly Scope[]): Promise<{ id: string; secret: string }> {
  const { status, body } = await stack.api("POST /auth/keys", { token, body: { name: "a script", scopes: granted } });
  expect(status).toBe(201);
  return body;
}

beforeAll(async () => {
  stack = await startStack();
  cast = await assemble(stack);
  stage = await makeStage(cast, undefined);
  const { owner, outsider } = cast.people;
  whole = (await keyOf(owner.token, scopes)).secret;
  ofOutsider = (await keyOf(outsider.token, scopes)).secret;
  const ended = await keyOf(owner.token, scopes);
  revoked = ended.secret;
  await stage.does(`DELETE /auth/keys/${ended.id}`);
  for (const scope of scopes) {
    const rest = scopes.filter((one) => one !== scope);
    lacking.set(scope, (await keyOf(owner.token, rest)).secret);
  }
});
afterAll(() => stack.close());

/** What stands before the rights of the account: undefined where a key with these scopes is let in, or nobody is asked who they are. */
function refusalOf({ who, scope }: Route, granted: readonly Scope[]): [number, string] | undefined {
  if (who === "anyone") return undefined;
  if (who === "operator" || scope === undefined) return [403, "auth.denied"];
  return scope === "any" || granted.includes(scope) ? undefined : [403, "auth.denied"];
}

describe.each(Object.keys(rows) as RouteName[])("%s", (name) => {
  const route: Route = routes[name];
  const { badBody, isMadeUp } = rows[name];
  const { who, scope } = route;

  test("a key with every scope: all that its account may where the route names a scope, and nothing else", async () => {
    const { status, body } = await callWith(whole, stage, name);
    const refusal = refusalOf(route, scopes);
    if (refusal) expect([status, body.code]).toEqual(refusal);
    else if (!isMadeUp) expect(route.status, JSON.stringify(body)).toContain(status);
    if (refusal && who !== "operator") expect(body.error).toContain("access key");
  });

  test("a key with every scope but the one: refused, by the name of what it lacks", async () => {
    for (const [lacked, secret] of lacking) {
      const refusal = refusalOf(
        route,
        scopes.filter((one) => one !== lacked),
      );
      if (!refusal || who === "operator") continue;
      const { status, body } = await callWith(secret, stage, name);
      expect([lacked, status, body.code]).toEqual([lacked, ...refusal]);
      if (scope === lacked) expect(body.error).toContain(lacked);
    }
  });

  test("a key that was revoked: as if there had never been one", async () => {
    const { status, body } = await callWith(revoked, stage, name);
    if (who === "operator") expect([status, body.code]).toEqual([403, "auth.denied"]);
    else if (who !== "anyone") expect([status, body.code]).toEqual([401, "auth.invalid"]);
  });

  if (who !== "anyone" && who !== "operator" && scope === undefined) {
    test("closed to keys it says so before anything else, of what there is and of what there is not", async () => {
      for (const differently of [{ ids: absent }, ...(badBody ? [{ body: badBody }] : [])]) {
        const { status, body } = await callWith(whole, stage, name, differently);
        expect([status, body.code]).toEqual([403, "auth.denied"]);
      }
    });
  }

  if (scope !== undefined && !isWithoutPlace(who)) {
    test("the key of an outsider finds what its account finds: nothing", async () => {
      const hidden = await callWith(ofOutsider, stage, name);
      const gone = await callWith(ofOutsider, stage, name, { ids: absent });
      expect([hidden.status, hidden.body.code]).toEqual([404, who === "participant" ? "conversation.not_found" : "server.not_found"]);
      expect([gone.status, gone.body.code]).toEqual([hidden.status, hidden.body.code]);
    });
  }
});

test("what keys open is this", () => {
  const opened = (wanted: Route["scope"]) =>
    (Object.entries(routes) as [RouteName, Route][]).filter(([, { scope }]) => scope === wanted).map(([name]) => name);
  expect(opened("any")).toEqual(["me"]);
  expect(opened("messages:read")).toEqual([
    "getUser",
    "listServers",
    "getServer",
    "listMembers",
    "listMessages",
    "listPins",
    "searchMessages",
    "listConversations",
    "getConversation",
    "listMessagesInDm",
    "listPinsInDm",
    "searchMessagesInDm",
  ]);
  expect(opened("messages:write")).toEqual([
    "sendMessage",
    "editMessage",
    "deleteMessage",
    "addReaction",
    "removeReaction",
    "bulkDeleteMessages",
    "markRead",
    "type",
    "sendMessageInDm",
    "editMessageInDm",
    "deleteMessageInDm",
    "addReactionInDm",
    "removeReactionInDm",
    "markReadInDm",
    "typeInDm",
  ]);
  for (const scope of ["topics:read", "topics:write"] as const) {
    for (const name of opened(scope)) expect(routes[name].path).toMatch(/^\/topics/);
  }
});
