import type { Permission } from "@agora/core/protocol/role";
import { isWithoutPlace } from "@agora/core/protocol/route";
import type { Route } from "@agora/core/protocol/route";
import { RoomName } from "@agora/core/protocol/room";
import { routes } from "@agora/core/protocol/routes";
import type { RouteName } from "@agora/core/protocol/signatures";
import { TopicName } from "@agora/core/protocol/stream";
import { is } from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startStack, type Stack } from "../../testing/stack";
import { absent, callWith, type Ids } from "./calling";
import { assemble, callers, makeStage, outsiders, participants, type Caller, type Cast, type Stage } from "./cast";
import { rows } from "./rows";

/*
 * Every route × everybody who might call it, from the route table. What a route says of who may call it (`who`) is the expectation; the rows only say
 * what a call that is right in everything else looks like. For a permission there is somebody who has only that one, and somebody who has all but that
 * one, so that a route that asks for another one than it says is found.
 */

let stack: Stack;
let cast: Cast;
beforeAll(async () => {
  stack = await startStack();
  cast = await assemble(stack);
});
afterAll(() => stack.close());

/** What is said to somebody who may not: by the kind of route, since the answer must not depend on anything else. */
function refusalOf({ who }: Route, caller: Caller): [number, string] | undefined {
  if (who === "anyone" || (who === "visitor" && caller === "anonymous")) return undefined;
  if (caller === "anonymous") return [401, "auth.required"];
  if (who === "operator") return [403, "auth.denied"]; // whoever has an account is none
  if (caller === "expired") return [401, "auth.invalid"];
  if (who === "account" || who === "visitor") return undefined;
  if (who === "participant") return participants.includes(caller) ? undefined : [404, "conversation.not_found"];
  if (outsiders.includes(caller)) return [404, "server.not_found"];
  if (who === "member" || caller === "owner") return undefined;
  if (who !== "owner" && caller === "only") return undefined;
  return [403, "auth.denied"];
}

const permissionOf = ({ who }: Route): Permission | undefined =>
  isWithoutPlace(who) || who === "member" || who === "owner" || who === "participant" ? undefined : who;

const call = (stage: Stage, name: RouteName, caller: Caller, ids?: Ids, body?: object, more = rows[name].ids) =>
  callWith(cast.tokens[caller], stage, name, { ids, body, more });

const withoutRequest = ({ request_id: _, ...body }: Record<string, unknown>) => body;

describe.each((Object.keys(rows) as RouteName[]).filter((name) => name !== "logout"))("%s", (name) => {
  const route: Route = routes[name];
  const { badBody, refusal: ofMembers, isMadeUp } = rows[name];
  const isInConversation = route.who === "participant";
  const isInServer = !isWithoutPlace(route.who) && !isInConversation;
  let stage: Stage;
  beforeAll(async () => {
    stage = await makeStage(cast, permissionOf(route));
  });

  if (isInServer || isInConversation) {
    const strangers = isInServer ? outsiders : callers.slice(2).filter((caller) => !participants.includes(caller));
    test("who is not in it cannot tell it from one that does not exist", async () => {
      for (const caller of strangers) {
        const hidden = await call(stage, name, caller);
        const gone = await call(stage, name, caller, absent);
        expect([caller, hidden.status, withoutRequest(hidden.body)]).toEqual([caller, gone.status, withoutRequest(gone.body)]);
      }
    });
  }

  if (route.path.includes("{channel_id}")) {
    test("a private channel and one of another server, or of none, are one answer for a member", async () => {
      for (const caller of ["member", "moderator"] as const) {
        const hidden = await call(stage, name, caller, { channel_id: stage.hiddenChannelId, seq: "1" });
        const gone = await call(stage, name, caller, { channel_id: absent.channel_id, seq: "1" });
        expect([caller, hidden.status, hidden.body.code]).toEqual([caller, 404, "channel.not_found"]);
        expect(withoutRequest(hidden.body)).toEqual(withoutRequest(gone.body));
      }
    });
  }

  if (badBody) {
    test("a bad body is spoken of only to those who may call", async () => {
      for (const caller of callers) {
        const { status, body } = await call(stage, name, caller, {}, badBody);
        expect([caller, status, body.code]).toEqual([caller, ...(refusalOf(route, caller) ?? [400, "input.invalid"])]);
      }
    });
  }

  // The owner comes last: what they do may be the end of the server.
  test.each(callers)("called by: %s", async (caller) => {
    const { status, body } = await call(stage, name, caller);
    const refusal = refusalOf(route, caller) ?? (isInServer || isInConversation ? ofMembers?.(caller) : undefined);
    if (refusal) expect([status, body?.code]).toEqual(refusal);
    else if (isMadeUp) {
      expect(body?.code).not.toBe("auth.required");
      expect(status).toBeLessThan(500);
    } else expect(route.status, JSON.stringify(body)).toContain(status);
  });
});

describe("addresses that are no route", () => {
  test("404 for a path, 405 with Allow for a method, and bad escapes lead nowhere", async () => {
    const nothing = await stack.api("GET /nothing");
    expect([nothing.status, nothing.body.code]).toEqual([404, "route.not_found"]);
    const method = await stack.api("DELETE /servers");
    expect([method.status, method.body.code, method.headers.get("allow")]).toEqual([405, "input.method", "GET, POST"]);
    for (const path of ["/servers/%E0%A4%A", "/servers/%00", "/servers//", "/invites/%2e%2e", `/servers/${"x".repeat(300)}`]) {
      const { status } = await stack.api(`GET ${path}`, { token: cast.tokens.owner });
      expect(status, path).toBeGreaterThanOrEqual(400);
      expect(status, path).toBeLessThan(500);
    }
  });

  test("ids that no table can have as a key are not found, in every place", async () => {
    const stage = await makeStage(cast, undefined);
    for (const [name, { path }] of Object.entries(routes) as [RouteName, Route][]) {
      const keys = [...path.matchAll(/\{(\w+)\}/g)].map(([, key]) => key ?? "");
      const found = await rows[name].ids?.(stage);
      for (const key of keys) {
        for (const bad of ["%00", "x".repeat(256), "\u{1F600}".repeat(20), "-1", "1e3", "usr_", "__proto__"]) {
          if ((key === "room" && is(RoomName, bad)) || (key === "topic" && is(TopicName, bad))) continue; // they are called so by people
          const { status } = await call(
            stage,
            name,
            "owner",
            { ...found, [key]: encodeURIComponent(decodeURIComponent(bad)) },
            undefined,
            () => ({}),
          );
          expect([name, key, bad, status >= 400 && status < 500]).toEqual([name, key, bad, true]);
        }
      }
    }
  });
});

describe("the OpenAPI document", () => {
  test("has every route, with its answers and its refusals", async () => {
    const { status, body } = await stack.api("GET /openapi.json");
    expect(status).toBe(200);
    for (const [name, route] of Object.entries(routes)) {
      const operation = body.paths[route.path]?.[route.method.toLowerCase()];
      expect(operation?.operationId).toBe(name);
      for (const code of route.status) expect(operation.responses).toHaveProperty(String(code));
      if (route.who !== "anyone") expect(operation.responses).toHaveProperty("401");
      const { scope } = route as Route;
      const byKey = operation.security.filter((one: object) => "access_key" in one);
      expect([name, byKey]).toEqual([name, scope === undefined ? [] : [{ access_key: scope === "any" ? [] : [scope] }]]);
    }
    expect(body.components.securitySchemes.access_key).toMatchObject({ type: "http", scheme: "bearer" });
    expect(body.paths["/auth/register"].post.requestBody.content["application/json"].schema.required).toEqual([
      "email",
      "username",
      "password",
    ]);
  });
});
