interface Route<T> {
  method: string;
  routeKey: string;
  target: T;
  segments: Segment[];
}

type Segment = { kind: "literal"; text: string } | { kind: "parameter" | "greedy"; name: string };

export interface RouteMatch<T> {
  routeKey: string;
  target: T;
  pathParameters?: Record<string, string>;
}

const DEFAULT_ROUTE = "$default";
const RANK = { literal: 0, parameter: 1, greedy: 2 };

/**
 * The route table of an HTTP API: `GET /servers/{id}`, `ANY /auth/{proxy+}`, `$default`. The most specific route wins, whatever the order of
 * the table: literal before parameter before greedy, segment by segment; then the exact method before ANY; `$default` takes what is left.
 * @throws Error for a key that is not a route, or that is there twice
 */
export function createRouteTable<T>(entries: { routeKey: string; target: T }[]) {
  const keys = new Set<string>();
  for (const { routeKey } of entries) {
    if (keys.has(routeKey)) throw new Error(`Route ${routeKey} is defined twice`);
    keys.add(routeKey);
  }
  const fallback = entries.find(({ routeKey }) => routeKey === DEFAULT_ROUTE);
  const routes = entries
    .filter((entry) => entry !== fallback)
    .map(({ routeKey, target }) => ({ routeKey, target, ...parseKey(routeKey) }))
    .sort(bySpecificity);

  /** @throws URIError if a path parameter is not well-formed percent-encoding */
  return function match(method: string, path: string): RouteMatch<T> | undefined {
    const segments = path.split("/").slice(1);
    for (const route of routes) {
      if (route.method !== "ANY" && route.method !== method) continue;
      const pathParameters = matchSegments(route.segments, segments);
      if (!pathParameters) continue;
      const { routeKey, target } = route;
      return Object.keys(pathParameters).length ? { routeKey, target, pathParameters } : { routeKey, target };
    }
    return fallback && { routeKey: DEFAULT_ROUTE, target: fallback.target };
  };
}

function parseKey(routeKey: string): { method: string; segments: Segment[] } {
  const [, method, path] = /^([A-Z]+) (\/\S*)$/.exec(routeKey) ?? [];
  if (!method || !path) throw new Error(`"${routeKey}" is not a route: expected "METHOD /path" or "$default"`);
  const segments = path.split("/").slice(1).map(parseSegment);
  if (segments.slice(0, -1).some(({ kind }) => kind === "greedy")) throw new Error(`${routeKey}: only the last segment can be greedy`);
  return { method, segments };
}

function parseSegment(text: string): Segment {
  const [, name, plus] = /^\{(\w+)(\+?)\}$/.exec(text) ?? [];
  if (!name) return { kind: "literal", text };
  return { kind: plus ? "greedy" : "parameter", name };
}

function bySpecificity(a: Route<unknown>, b: Route<unknown>): number {
  for (let i = 0; i < Math.max(a.segments.length, b.segments.length); i++) {
    const [left, right] = [a.segments[i], b.segments[i]];
    // Paths of unequal length compete only when one of them ends in a greedy segment, which the loop has met by then.
    if (!left || !right) return 0;
    if (left.kind !== right.kind) return RANK[left.kind] - RANK[right.kind];
  }
  return Number(a.method === "ANY") - Number(b.method === "ANY");
}

function matchSegments(pattern: Segment[], segments: string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, segment] of pattern.entries()) {
    if (segment.kind === "greedy") {
      const rest = segments.slice(index).join("/");
      if (!rest) return undefined;
      parameters[segment.name] = decodeURIComponent(rest);
      return parameters;
    }
    const text = segments[index];
    if (text === undefined) return undefined;
    if (segment.kind === "literal" && segment.text !== text) return undefined;
    if (segment.kind === "parameter") {
      if (!text) return undefined;
      parameters[segment.name] = decodeURIComponent(text);
    }
  }
  return segments.length === pattern.length ? parameters : undefined;
}
