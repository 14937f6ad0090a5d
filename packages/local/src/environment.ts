import { tables } from "@agora/core/tables";

/** The one key pair of the local stack. It opens nothing outside of this machine: every service that takes it listens on loopback only. */
export const localKeys = { accessKeyId: "agora-local", secretAccessKey: "agora-local" };

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
    Uploads: { type: "sst.aws.Bucket", name: "uploads" },
    ...Object.fromEntries(Object.keys(tables).map((name) => [name, { type: "sst.aws.Dynamo", name }])),
  };
  return {
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: localKeys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localKeys.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbUrl,
    ...Object.fromEntries(Object.entries(links).map(([name, link]) => [`SST_RESOURCE_${name}`, JSON.stringify(link)])),
  };
}
