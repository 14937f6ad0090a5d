import { describe, expect, it } from "vitest";
import { createRouteTable } from "./http-routes";

const KEYS = [
  "$default",
  "ANY /{proxy+}",
  "ANY /servers/{proxy+}",
  "GET /servers/{id}",
  "ANY /servers/{id}",
  "GET /servers/mine",
  "GET /servers/{id}/channels/{channelId}",
];
const match = createRouteTable(KEYS.map((routeKey) => ({ routeKey, target: routeKey })));

describe("the route table of an HTTP API", () => {
  it.each([
    ["GET", "/servers/mine", "GET /servers/mine", undefined],
    ["GET", "/servers/7", "GET /servers/{id}", { id: "7" }],
    ["PUT", "/servers/7", "ANY /servers/{id}", { id: "7" }],
    ["GET", "/servers/7/channels/8", "GET /servers/{id}/channels/{channelId}", { id: "7", channelId: "8" }],
    ["POST", "/servers/7/channels/8", "ANY /servers/{proxy+}", { proxy: "7/channels/8" }],
    ["GET", "/other/place", "ANY /{proxy+}", { proxy: "other/place" }],
    ["GET", "/", "$default", undefined],
    ["GET", "/servers/a%2Fb", "GET /servers/{id}", { id: "a/b" }],
  ])("%s %s goes to %s", (method, path, routeKey, pathParameters) => {
    expect(match(method, path)).toEqual({ routeKey, target: routeKey, ...(pathParameters ? { pathParameters } : {}) });
  });

  it("prefers the more specific route whatever the order of the table", () => {
    const reversed = createRouteTable([...KEYS].reverse().map((routeKey) => ({ routeKey, target: routeKey })));
    expect(reversed("GET", "/servers/mine")?.routeKey).toBe("GET /servers/mine");
    expect(reversed("GET", "/servers/1")?.routeKey).toBe("GET /servers/{id}");
  });

  it("has no answer without a default, and an empty segment is no parameter", () => {
    const strict = createRouteTable([{ routeKey: "GET /a/{id}", target: 1 }]);
    expect(strict("GET", "/a/1")).toBeDefined();
    expect(strict("GET", "/a/")).toBeUndefined();
    expect(strict("POST", "/a/1")).toBeUndefined();
    expect(strict("GET", "/a/1/b")).toBeUndefined();
  });

  it("refuses keys that are no routes", () => {
    for (const routeKey of ["get /a", "GET a", "GET /{proxy+}/b"]) expect(() => createRouteTable([{ routeKey, target: 1 }])).toThrow();
    expect(() =>
      createRouteTable([
        { routeKey: "GET /a", target: 1 },
        { routeKey: "GET /a", target: 2 },
      ]),
    ).toThrow("twice");
  });
});
