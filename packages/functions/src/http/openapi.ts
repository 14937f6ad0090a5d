import { ErrorBody } from "@agora/core/protocol/errors";
import { errorStatus } from "@agora/core/protocol/error-status";
import type { ErrorCode } from "@agora/core/protocol/error-status";
import { isWithoutPlace } from "@agora/core/protocol/route";
import type { Route } from "@agora/core/protocol/route";
import { routes } from "@agora/core/protocol/routes";
import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";

type Json = Record<string, unknown>;

/** The API as an OpenAPI 3.1 document, from the route table. Bodies are described as they are sent, before they are trimmed or lower-cased. */
export function openApiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(routes) as [string, Route][]) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(name, route);
  }
  return {
    openapi: "3.1.0",
    info: { title: "Agora", version: "0.1.0", description: "A chat that one person can own." },
    servers: [{ url: "/api" }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "An access token, of somebody who has logged in." },
        access_key: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "agk_…",
          description: "An access key of a bot or a script, where it has the scope that is named: `POST /auth/keys` makes one.",
        },
        operator: { type: "http", scheme: "operator" },
      },
      schemas: { Error: schema(ErrorBody) },
    },
  };
}

function operation(name: string, route: Route): Json {
  const [status, ...others] = route.status;
  const success = { description: "Done", ...(route.returns ? content(schema(route.returns, "output")) : {}) };
  return {
    operationId: name,
    summary: route.summary,
    security: securityOf(route),
    "x-agora-who": route.who,
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(route.body ? { requestBody: { required: true, ...content(schema(route.body)) } } : {}),
    responses: {
      ...Object.fromEntries([status, ...others].map((code) => [code, success])),
      ...Object.fromEntries([...refusals(route)].map(([code, codes]) => [code, refusal(codes)])),
    },
  };
}

/** A visitor may have an account or not. What is named with a key is the scope that it takes; nothing: every key will do. */
function securityOf({ who, scope }: Route): Json[] {
  if (who === "anyone") return [];
  if (who === "operator") return [{ operator: [] }];
  const byKey = scope === undefined ? [] : [{ access_key: scope === "any" ? [] : [scope] }];
  return [...(who === "visitor" ? [{}] : []), { bearer: [] }, ...byKey];
}

/** Every code that the route can answer, by status. */
function refusals(route: Route): Map<number, ErrorCode[]> {
  const codes: ErrorCode[] = [...(route.errors ?? []), "internal", "unavailable"];
  if (route.body) codes.push("input.invalid", "input.malformed", "input.too_large", "input.media_type");
  else if (route.query) codes.push("input.invalid");
  if (route.who !== "anyone") codes.push("auth.required", "auth.invalid", "auth.denied");
  if (route.who === "participant") codes.push("conversation.not_found");
  else if (!isWithoutPlace(route.who)) codes.push("server.not_found");
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes)) byStatus.set(errorStatus[code], [...(byStatus.get(errorStatus[code]) ?? []), code]);
  return byStatus;
}

const refusal = (codes: ErrorCode[]): Json => ({ description: codes.join(", "), ...content({ $ref: "#/components/schemas/Error" }) });

const content = (of: Json): Json => ({ content: { "application/json": { schema: of } } });

const pathParameters = (route: Route): Json[] =>
  [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: "path", required: true, schema: { type: "string" } }));

function queryParameters(route: Route): Json[] {
  if (!route.query) return [];
  const { properties = {}, required = [] } = schema(route.query) as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, of]) => ({ name, in: "query", required: required.includes(name), schema: of }));
}

/** Checks that JSON Schema has no word for are left out: the document may promise less than the API refuses, never more. */
function schema(of: v.GenericSchema, typeMode: "input" | "output" = "input"): Json {
  const { $schema: _, ...rest } = toJsonSchema(of, { errorMode: "ignore", typeMode }) as Json;
  return rest;
}
