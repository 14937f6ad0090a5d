import path from "node:path";
import { pathToFileURL } from "node:url";
import { useSockets } from "@agora/core/realtime/sockets";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { prepareDataFolder, tokenSecretOf } from "./data-folder";
import { createTables } from "./dynamodb/create-tables";
import { startEngine, type Engine } from "./dynamodb/engine";
import { BUCKET, environmentOf, keysOf, LOCAL_REGION, localKeys, S3_PREFIX } from "./environment";
import type { HttpHandler } from "./gateway/http-api";
import { createGateways, socketsOf } from "./gateways";
import { loadHandlers, type Handlers } from "./handlers";
import { Meter } from "./meter/meter";
import { createMeterPages } from "./meter/page";
import { createOrigin, type PathHandler } from "./origin";
import { openS3 } from "./s3/s3";
import { startLifecycle, type Lifecycle } from "./scheduler/lifecycle";
import { startTiering, type Tiering } from "./scheduler/tiering";
import { startTtlSweeper, type TtlSweeper } from "./scheduler/ttl-sweeper";
import type { Settings } from "./settings";
import { LatePathHandler, LateSocketApi } from "./starting";
import { createStaticSite } from "./static-site";

/** Where `bin/bundle.mjs` puts what would be deployed; this file runs from `packages/local/dist`. */
const PACKAGES = path.resolve(import.meta.dirname, "../..");
const FUNCTIONS_DIR = path.join(PACKAGES, "functions/dist");
const SITE_DIR = path.join(PACKAGES, "web/dist");
/** As in packages/infra. */
const SITE_MEMORY_MB = 1024;

export interface RunningServer {
  url: string;
  /** Takes no new connections, lets what runs finish, then stops the tables. Safe to call twice. */
  stop(): Promise<void>;
}

interface Parts {
  handlers: () => Promise<Handlers>;
  site: (common: { trustProxy: boolean; meter: Meter }) => Promise<PathHandler>;
  /** Whether a frame goes to its sockets through the gateway of this process, or by the SDK and `@connections`. */
  pushesInProcess: boolean;
}

/** The built handlers, and the site through its Lambda handler: what would be deployed. */
const builtParts: Parts = {
  pushesInProcess: true,
  handlers: () => loadHandlers(FUNCTIONS_DIR),
  async site({ trustProxy, meter }) {
    const { handler } = (await import(pathToFileURL(path.join(SITE_DIR, "index.mjs")).href)) as { handler: HttpHandler };
    return createStaticSite({
      buildDir: SITE_DIR,
      handler,
      memoryMb: SITE_MEMORY_MB,
      trustProxy,
      observe: meter.observe,
      onError: logFailure,
    });
  },
};

/**
 * All of Agora in one process, with DynamoDB beside it.
 * @param onFatal the tables are gone, and the server cannot go on.
 * @throws SettingsError, EngineError, OriginError: one line each for the person at the terminal.
 */
export async function startSingleServer(settings: Settings, onFatal: (error: Error) => void, parts = builtParts): Promise<RunningServer> {
  const { port, host, dataDir, siteUrl, trustProxy } = settings;
  prepareDataFolder(dataDir);
  const [api, site, storage] = [new LatePathHandler(), new LatePathHandler(), new LatePathHandler()];
  const [socketApi, meter] = [new LateSocketApi(), new Meter()];
  const meterPages = createMeterPages(meter);
  const origin = await createOrigin({ port, host, api, site, storage, socketApi, meterPages, onError: logFailure });
  let tables: Tables | undefined;
  let lifecycle: Lifecycle | undefined;
  let tiering: Tiering | undefined;
  const stop = async () => {
    await origin.close();
    meter.stop();
    await tiering?.stop();
    await lifecycle?.stop();
    await tables?.stop();
  };
  try {
    tables = await startTables(dataDir, onFatal); // and with them the folder is ours alone
    const tokenSecret = tokenSecretOf(dataDir);
    const keys = keysOf(tokenSecret);
    const [publicUrl, internalUrl] = [siteUrl ?? origin.url, origin.managementEndpoint.replace(/\/_aws.*$/, "")];
    const environment = environmentOf({ siteUrl: publicUrl, internalUrl, dynamodbUrl: tables.endpoint, tokenSecret });
    const s3 = await openS3({
      dataDir: path.join(dataDir, "s3"),
      buckets: [BUCKET],
      prefix: S3_PREFIX,
      keys,
      hosts: [publicUrl, internalUrl].map((url) => new URL(url).host),
      observe: meter.observe,
      onError: logFailure,
    });
    storage.handler = s3;
    lifecycle = startLifecycle({ s3, onError: (error) => logFailure(error, "lifecycle") });
    Object.assign(process.env, environment); // before the handlers are loaded: `Resource` reads it once
    meter.start({ engine: tables.engine });
    const handlers = await parts.handlers();
    const gateways = createGateways({ handlers, keys, trustProxy, observe: meter.observe, onError: logFailure });
    if (parts.pushesInProcess) useSockets(socketsOf(gateways.sockets));
    site.handler = await parts.site({ trustProxy, meter });
    api.handler = gateways.http;
    socketApi.api = gateways.sockets;
    tiering = startTiering({ run: handlers.jobs, observe: meter.observe, onError: (error) => logFailure(error, "tiering") });
    tables.sweepAfter(tiering.caughtUp);
    return { url: publicUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Tables {
  endpoint: string;
  engine: Engine["name"];
  /** From when on what has expired is deleted. */
  sweepAfter(ready: Promise<void>): void;
  stop(): Promise<void>;
}

async function startTables(dataDir: string, onFatal: (error: Error) => void): Promise<Tables> {
  const engine = await startEngine({ dataDir: path.join(dataDir, "dynamodb"), onExit: onFatal, notice: (line) => console.log(line) });
  const client = new DynamoDBClient({ region: LOCAL_REGION, endpoint: engine.endpoint, credentials: localKeys });
  try {
    await createTables(client);
  } catch (error) {
    await engine.stop();
    throw error;
  }
  let sweeper: TtlSweeper | undefined;
  return {
    endpoint: engine.endpoint,
    engine: engine.name,
    sweepAfter(after) {
      sweeper = startTtlSweeper({ client, after, onError: (error) => logFailure(error, "ttl sweep") });
    },
    async stop() {
      await sweeper?.stop();
      client.destroy();
      await engine.stop();
    },
  };
}

/** A handler that throws has a defect: handlers answer refusals themselves. */
function logFailure(error: unknown, label = "request"): void {
  const { name, message, stack } = error instanceof Error ? error : { name: "unknown", message: String(error), stack: undefined };
  console.error(JSON.stringify({ level: "error", event: "invocation.failed", label, error: name, message, stack }));
}
