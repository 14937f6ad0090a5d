import type { Route } from "@agora/core/protocol/route";
import { routes } from "@agora/core/protocol/routes";
import type { RouteName } from "@agora/core/protocol/routes";

export interface Match {
  name: RouteName;
  route: Route;
  params: Record<string, string>;
}

const table = (Object.entries(routes) as [RouteName, Route][]).map(([name, route]) => ({ name, route, segments: route.path.split("/") }));

/** A path parameter is an opaque id or a code; nothing longer leads anywhere. */
const PARAMETER_MAX = 256;

/** The route that a request is for; or the methods that its path knows, if it has none of that method. */
export function match(method: string, path: string): Match | { allow: string[] } {
  const segments = path.replace(/(?<=.)\/$/, "").split("/");
  const allow: string[] = [];
  for (const { name, route, segments: pattern } of table) {
    const params = bind(pattern, segments);
    if (!params) continue;
    if (route.method === (method === "HEAD" ? "GET" : method)) return { name, route, params };
    allow.push(route.method);
  }
  return { allow };
}

function bind(pattern: string[], segments: string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, part] of pattern.entries()) {
    const given = segments[i] ?? "";
    if (!part.startsWith("{")) {
      if (part !== given) return undefined;
      continue;
    }
    const value = decode(given);
    if (value === undefined || value === "" || value.length > PARAMETER_MAX) return undefined;
    params[part.slice(1, -1)] = value;
  }
  return params;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined; // half a percent sign leads nowhere
  }
}
