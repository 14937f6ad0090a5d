import { createHmac } from "node:crypto";
import { tables } from "@agora/core/tables";
import { uploads } from "@agora/core/storage";
import type { KeyPair } from "./gateway/signature";

const ACCESS_KEY_ID = "agora-local";

/** For the tables: they listen on loopback only, and check no signature. */
export const localKeys: KeyPair = { accessKeyId: ACCESS_KEY_ID, secretAccessKey: "agora-local" };

/** The one key pair of an instance. Links to its files are signed with it, and whoever can sign can read and write them, so nobody else must know it. */
export const keysOf = (tokenSecret: string): KeyPair => ({
  accessKeyId: ACCESS_KEY_ID,
  secretAccessKey: createHmac("sha256", tokenSecret).update("agora local keys").digest("base64url"),
});

/** The store of files, below the one origin: a folder of `@agora/local`'s S3 for each bucket. */
export const S3_PREFIX = "/_s3";
export const BUCKET = "uploads";

export const LOCAL_REGION = "us-east-1";

export interface EnvironmentInput {
  /** Where people open the site. */
  siteUrl: string;
  /** Where the server itself reaches its own HTTP API and the sockets. */
  internalUrl: string;
  dynamodbUrl: string;
  tokenSecret: string;
}

/**
 * What SST and Lambda would put into the environment of every handler: the linked resources, region, keys and endpoints. `Resource` of `sst` reads
 * its part once, at first import, so this has to be in place before a handler is loaded.
 */
export function environmentOf({ siteUrl, internalUrl, dynamodbUrl, tokenSecret }: EnvironmentInput): Record<string, string> {
  const links: Record<string, object> = {
    App: { name: "agora", stage: "local" },
    TokenSecret: { type: "sst.sst.Secret", value: tokenSecret },
    Api: { type: "sst.aws.ApiGatewayV2", url: `${internalUrl}/api` },
    Router: { type: "sst.aws.Router", url: siteUrl },
    Socket: {
      type: "sst.aws.ApiGatewayWebSocket",
      url: `${siteUrl.replace(/^http/, "ws")}/ws`,
      managementEndpoint: `${internalUrl}/_aws/connections`,
    },
    [uploads.link]: { type: "sst.aws.Bucket", name: BUCKET, url: `${siteUrl}${S3_PREFIX}/${BUCKET}` },
    ...Object.fromEntries(Object.keys(tables).map((name) => [name, { type: "sst.aws.Dynamo", name }])),
  };
  const keys = keysOf(tokenSecret);
  return {
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbUrl,
    AWS_ENDPOINT_URL_S3: `${internalUrl}${S3_PREFIX}`,
    ...Object.fromEntries(Object.entries(links).map(([name, link]) => [`SST_RESOURCE_${name}`, JSON.stringify(link)])),
  };
}
