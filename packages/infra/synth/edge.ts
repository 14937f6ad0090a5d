import type { Resource } from "./synthesis";

interface EdgeHeader {
  value: string;
}

interface EdgeRequest {
  method: string;
  uri: string;
  querystring: Record<string, EdgeHeader>;
  headers: Record<string, EdgeHeader>;
  cookies: Record<string, EdgeHeader>;
}

/** Where CloudFront sends a request, and what is in it by then. */
interface EdgeResult {
  host: string | undefined;
  readTimeoutSeconds: number | undefined;
  request: EdgeRequest;
}

interface Origin {
  domainName: string;
  timeouts?: { readTimeout?: number };
}

const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
  ...parametersAndBody: string[]
) => (cf: unknown, event: unknown) => Promise<EdgeRequest>;

/** Runs the router's CloudFront function on a request, over the key-value store that the deployment would have filled. */
export async function routeAtEdge(resources: Resource[], uri: string, headers: Record<string, string> = {}): Promise<EdgeResult> {
  const router = resources.find(({ type }) => type === "aws:cloudfront/function:Function");
  if (!router) throw new Error("There is no CloudFront function.");
  let origin: Origin | undefined;
  const values = keyValues(resources);
  const cf = {
    kvs: () => ({
      get: (key: string) => {
        const value = values.get(key);
        return value === undefined ? Promise.reject(new Error("no such key")) : Promise.resolve(value);
      },
    }),
    updateRequestOrigin: (chosen: Origin) => (origin = chosen),
  };
  const code: string = router.inputs.code;
  const run = new AsyncFunction("cf", "event", `${code.replace('import cf from "cloudfront";', "")}\nreturn handler(event);`);
  const sent = Object.entries({ host: "chat.example", ...headers }).map(([name, value]) => [name, { value }]);
  const request = { method: "GET", uri, querystring: {}, headers: Object.fromEntries(sent), cookies: {} };
  // The function derives a cache key by `require("crypto")`, which plays no part in routing.
  const hash = { update: () => hash, digest: () => "" };
  Object.assign(globalThis, { require: () => ({ createHash: () => hash }) });
  const routed = await run(cf, { viewer: { ip: "203.0.113.9" }, request });
  return { host: origin?.domainName, readTimeoutSeconds: origin?.timeouts?.readTimeout, request: routed };
}

function keyValues(resources: Resource[]): Map<string, string> {
  const values = new Map<string, string>();
  const routes = new Map<string, string[]>();
  for (const { name, inputs } of resources) {
    if (name.endsWith(".KvKeys")) {
      for (const [key, value] of Object.entries<string>(inputs.entries)) values.set(`${inputs.namespace}:${key}`, value);
    }
    if (name.endsWith(".KvRoutesUpdate")) {
      const key = `${inputs.namespace}:${inputs.key}`;
      routes.set(key, [...(routes.get(key) ?? []), inputs.entry]);
    }
  }
  for (const [key, entries] of routes) values.set(key, JSON.stringify(entries));
  return values;
}
