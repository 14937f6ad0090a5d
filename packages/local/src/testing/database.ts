import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createTables } from "../dynamodb/create-tables";
import { startEngine } from "../dynamodb/engine";
import { environmentOf, LOCAL_REGION, localKeys } from "../environment";

/** For tests that need the tables: one engine for the run, all tables, and the environment that a handler would have. */
export default async function setup(): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "agora-test-"));
  const { AWS_ENDPOINT_URL_DYNAMODB: _, ...env } = process.env;
  const engine = await startEngine({ dataDir, env });
  const client = new DynamoDBClient({ region: LOCAL_REGION, endpoint: engine.endpoint, credentials: localKeys });
  await createTables(client);
  client.destroy();
  const nowhere = "http://127.0.0.1:9";
  Object.assign(
    process.env,
    environmentOf({
      siteUrl: nowhere,
      internalUrl: nowhere,
      dynamodbUrl: engine.endpoint,
      tokenSecret: "a secret for tests only, 32 bytes or more",
    }),
  );
  return async () => {
    await engine.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}
