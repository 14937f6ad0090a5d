import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { routeAtEdge } from "./synth/edge";
import { resourceTypes } from "./synth/resource-types";
import type { Inputs } from "./synth/answers";
import type { Synthesis } from "./synth/synthesis";

const root = path.resolve(import.meta.dirname, "../..");
const scratch = mkdtempSync(path.join(tmpdir(), "agora-infra-"));
const TIMEOUT_MS = 120_000;

let testing: Synthesis;
let production: Synthesis;

/** In a process of its own, as Pulumi is set up once for each. Without the variables that a developer may have set for deployments. */
async function synthesize(stage: string, variables: Record<string, string>, project = root): Promise<Synthesis> {
  const file = path.join(mkdtempSync(path.join(scratch, "run-")), "synthesis.json");
  const host = Object.entries(process.env).filter(([name]) => !/^(AGORA|SST|AWS)_/.test(name));
  const env = { ...Object.fromEntries(host), ...variables };
  await promisify(execFile)(process.execPath, ["packages/infra/bin/synth.mjs", "resources", stage, file, project], { cwd: root, env });
  return JSON.parse(readFileSync(file, "utf8")) as Synthesis;
}

const secret = { SST_SECRET_TokenSecret: "a secret" };

beforeAll(async () => {
  // One after the other: each keeps a core busy.
  testing = await synthesize("test", secret);
  production = await synthesize("production", { ...secret, AGORA_DOMAIN: "chat.example", AGORA_BUDGET_EMAIL: "owner@example.org" });
}, TIMEOUT_MS);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const ofType = (synthesis: Synthesis, type: string): Record<string, Inputs> =>
  Object.fromEntries(synthesis.resources.filter((resource) => resource.type === type).map(({ name, inputs }) => [name, inputs]));
const mapValues = <T, U>(record: Record<string, T>, map: (value: T) => U) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
const functions = (synthesis = testing) => ofType(synthesis, "aws:lambda/function:Function");

describe("the synthesis", () => {
  it("knows the answer to every question that the components ask", () => {
    expect(testing.unanswered).toEqual([]);
    expect(production.unanswered).toEqual([]);
  });

  it("fails, rather than hangs, when a function names a handler that its file does not export", { timeout: TIMEOUT_MS }, async () => {
    const project = copyProject();
    const file = path.join(project, "packages/infra/socket.ts");
    writeFileSync(file, readFileSync(file, "utf8").replace("socket.handler", "socket.missing"));
    await expect(synthesize("test", secret, project)).rejects.toThrow('socket.missing: the file does not export "missing"');
  });

  it("fails without the token secret, which has no default", { timeout: TIMEOUT_MS }, async () => {
    await expect(synthesize("test", {})).rejects.toThrow("Set a value for TokenSecret");
  });

  it("agrees with sst-env.d.ts, the types of Resource: npm run types -w packages/infra", () => {
    expect(readFileSync(path.join(root, "sst-env.d.ts"), "utf8")).toBe(resourceTypes(testing.links));
  });
});

/** Our own files copied, everything else as it is. */
function copyProject(): string {
  const project = mkdtempSync(path.join(scratch, "project-"));
  mkdirSync(path.join(project, "packages"));
  cpSync(path.join(root, "sst.config.ts"), path.join(project, "sst.config.ts"));
  cpSync(path.join(root, "packages/infra"), path.join(project, "packages/infra"), {
    recursive: true,
    filter: (file) => !file.endsWith("node_modules"),
  });
  for (const name of ["node_modules", "packages/core", "packages/functions", "packages/web"]) {
    symlinkSync(path.join(root, name), path.join(project, name));
  }
  return project;
}

describe("tables", () => {
  it("have these keys, types, indexes and times to live, and are paid by the request", () => {
    const tables = mapValues(ofType(testing, "aws:dynamodb/table:Table"), (table) => ({
      key: [table.hashKey, table.rangeKey].filter(Boolean),
      types: Object.fromEntries(table.attributes.map(({ name, type }: Inputs) => [name, type])),
      indexes: table.globalSecondaryIndexes.map((index: Inputs) => [index.name, index.hashKey, index.rangeKey, index.projectionType]),
      ttl: table.ttl?.enabled ? table.ttl.attributeName : undefined,
      billing: table.billingMode,
    }));
    const billing = "PAY_PER_REQUEST";
    const none = { indexes: [], ttl: undefined, billing };
    const expires = { indexes: [], ttl: "expires_on", billing };
    expect(tables).toEqual({
      UsersTable: {
        ...none,
        key: ["id"],
        types: { id: "S", username_prefix: "S", username: "S" },
        indexes: [["by_username", "username_prefix", "username", "ALL"]],
      },
      NamesTable: { ...none, key: ["name"], types: { name: "S" } },
      SessionsTable: {
        ...expires,
        key: ["id"],
        types: { id: "S", user_id: "S" },
        indexes: [["by_user", "user_id", "id", "ALL"]],
      },
      ServersTable: { ...none, key: ["id"], types: { id: "S" } },
      ChannelsTable: { ...none, key: ["server_id", "id"], types: { server_id: "S", id: "S" } },
      MembersTable: {
        ...none,
        key: ["server_id", "user_id"],
        types: { server_id: "S", user_id: "S" },
        indexes: [["by_user", "user_id", "server_id", "ALL"]],
      },
      MessagesTable: { ...expires, key: ["log_id", "seq"], types: { log_id: "S", seq: "N" } },
      ConnectionsTable: { ...expires, key: ["topic", "connection_id"], types: { topic: "S", connection_id: "S" } },
      InvitesTable: {
        ...expires,
        key: ["code"],
        types: { code: "S", server_id: "S" },
        indexes: [["by_server", "server_id", "code", "ALL"]],
      },
      ServerPasswordsTable: { ...expires, key: ["server_id", "id"], types: { server_id: "S", id: "S" } },
      ConversationsTable: {
        ...none,
        key: ["id", "user_id"],
        types: { id: "S", user_id: "S", last_activity_at: "N" },
        indexes: [["by_user", "user_id", "last_activity_at", "ALL"]],
      },
      ReadStatesTable: { ...none, key: ["user_id", "log_id"], types: { user_id: "S", log_id: "S" } },
      LimitsTable: { ...expires, key: ["key"], types: { key: "S" } },
      TopicsTable: { ...none, key: ["topic", "name"], types: { topic: "S", name: "S" } },
    });
  });

  it("are kept, protected and restorable in production, and nowhere else", () => {
    const safety = (synthesis: Synthesis) =>
      synthesis.resources
        .filter(({ type }) => type === "aws:dynamodb/table:Table")
        .map(({ inputs, retained }) => [retained, inputs.deletionProtectionEnabled, inputs.pointInTimeRecovery.enabled]);
    expect(safety(production)).toEqual(Array(14).fill([true, true, true]));
    expect(safety(testing)).toEqual(Array(14).fill([false, false, false]));
  });
});

describe("functions", () => {
  it("run on Node 22 and arm64, with this much memory, time and company, and log JSON", () => {
    const settings = mapValues(functions(), (fn) => [
      fn.runtime,
      fn.architectures.join(),
      fn.memorySize,
      fn.timeout,
      fn.reservedConcurrentExecutions,
      fn.loggingConfig.logFormat,
    ]);
    expect(settings).toEqual({
      ApiHandlerFunction: ["nodejs22.x", "arm64", 512, 28, 40, "JSON"],
      AuthHandlerFunction: ["nodejs22.x", "arm64", 1769, 28, 5, "JSON"],
      SocketHandlerFunction: ["nodejs22.x", "arm64", 512, 28, 40, "JSON"],
      SiteServerUseast1Function: ["nodejs22.x", "arm64", 1024, 28, 15, "JSON"],
    });
  });

  it("are bundled from these handlers, minified, and only `auth` may carry argon2", () => {
    expect(mapValues(testing.builds, ({ handler }) => handler)).toEqual({
      ApiHandler: "packages/functions/src/api.handler",
      AuthHandler: "packages/functions/src/auth.handler",
      SocketHandler: "packages/functions/src/socket.handler",
      SiteServerUseast1: "packages/web/.svelte-kit/svelte-kit-sst/server/lambda-handler/index.handler",
    });
    expect(mapValues(testing.builds, ({ bundle }) => bundle && [bundle.minified, bundle.installed])).toEqual({
      ApiHandler: [true, []],
      AuthHandler: [true, ["@node-rs/argon2", "@node-rs/argon2-linux-arm64-gnu"]],
      SocketHandler: [true, []],
      SiteServerUseast1: [true, []],
    });
  });

  it("find these names in Resource", () => {
    const tables = [
      ...["Channels", "Connections", "Conversations", "Invites", "Limits", "Members", "Messages", "Names", "ReadStates"],
      ...["ServerPasswords", "Servers", "Sessions", "Topics", "Users"],
    ];
    expect(mapValues(testing.builds, ({ links }) => Object.keys(links).sort())).toEqual({
      ApiHandler: [...tables, "Router", "Socket", "TokenSecret", "Uploads"].sort(),
      AuthHandler: ["Limits", "Names", "Router", "Sessions", "TokenSecret", "Users"],
      SocketHandler: ["Channels", "Connections", "Members", "Messages", "Router", "Servers", "Sessions", "Socket", "TokenSecret"],
      SiteServerUseast1: [...tables, "Api", "Router", "Socket", "TokenSecret", "Uploads"].sort(),
    });
    expect(testing.builds.ApiHandler?.links).toMatchObject({
      Messages: { name: expect.stringMatching(/^agora-test-MessagesTable-/) },
      Uploads: { name: expect.stringMatching(/^agora-test-uploadsbucket-/) },
      Socket: {
        url: "wss://socketapi.execute-api.us-east-1.amazonaws.com/$default",
        managementEndpoint: "https://socketapi.execute-api.us-east-1.amazonaws.com/$default",
      },
      TokenSecret: { value: "a secret" },
      Router: { url: "https://d111111abcdef8.cloudfront.net" },
    });
    expect(testing.builds.SiteServerUseast1?.links.Api?.url).toBe("https://apiapi.execute-api.us-east-1.amazonaws.com");
  });

  it("are linked to every table that their code names", () => {
    const missing = mapValues(testing.builds, ({ links, bundle }) => bundle?.tables.filter((table) => !(table in links)));
    expect(missing).toEqual({
      ApiHandler: [],
      // What authorizes comes along with the adapter of all HTTP routes, and anybody may call those of `auth`.
      AuthHandler: ["Servers", "Channels", "Members"],
      SocketHandler: [],
      SiteServerUseast1: [],
    });
  });

  it("get no secret and no setting through the environment, but the key to their sealed links", () => {
    for (const fn of Object.values(functions())) {
      expect(Object.keys(fn.environment.variables)).toEqual(["SST_KEY", "SST_KEY_FILE", "SST_RESOURCE_App"]);
    }
  });
});

describe("permissions", () => {
  /** What a role may do: actions by resource, tables and bucket by their logical names. */
  function allowedTo(role: string): Record<string, string[]> {
    const allowed: Record<string, string[]> = {};
    const { inlinePolicies } = ofType(testing, "aws:iam/role:Role")[role] ?? {};
    for (const { policy } of inlinePolicies) {
      for (const { Effect, Action, Resource } of JSON.parse(policy).Statement) {
        expect(Effect).toBe("Allow");
        for (const arn of Resource) {
          const name = arn
            .replace(/^arn:aws:dynamodb:us-east-1:123456789012:table\/agora-test-(\w+)Table-\w+/, "$1")
            .replace(/^arn:aws:s3:::agora-test-uploadsbucket-\w+/, "Uploads");
          allowed[name] = [...(allowed[name] ?? []), ...Action.map((action: string) => action.replace("dynamodb:", ""))].sort();
        }
      }
    }
    return allowed;
  }

  const everything = ["BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"];
  const push = {
    "arn:aws:execute-api:us-east-1:123456789012:socketapi/*/POST/@connections/*": ["execute-api:ManageConnections"],
    "arn:aws:execute-api:us-east-1:123456789012:socketapi/*/DELETE/@connections/*": ["execute-api:ManageConnections"],
  };
  const api = {
    Users: everything,
    "Users/index/by_username": ["Query"],
    Names: everything,
    Sessions: everything,
    "Sessions/index/by_user": ["Query"],
    Servers: everything,
    Channels: everything,
    Members: everything,
    "Members/index/by_user": ["Query"],
    Messages: everything,
    Connections: everything,
    Invites: everything,
    "Invites/index/by_server": ["Query"],
    ServerPasswords: ["BatchGetItem", "DeleteItem", "GetItem", "Query"],
    Conversations: everything,
    "Conversations/index/by_user": ["Query"],
    ReadStates: everything,
    Limits: ["UpdateItem"],
    Topics: everything,
    "Uploads/*": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
    ...push,
  };

  it("of `api` are these", () => expect(allowedTo("ApiHandlerRole")).toEqual(api));

  it("of `auth` reach names, accounts, sessions and limits, and nothing else", () => {
    expect(allowedTo("AuthHandlerRole")).toEqual({
      Names: ["GetItem", "PutItem"],
      Users: ["GetItem", "PutItem"],
      Sessions: ["PutItem"],
      Limits: ["UpdateItem"],
    });
  });

  it("of `socket` are these", () => {
    expect(allowedTo("SocketHandlerRole")).toEqual({
      Connections: ["DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"],
      Sessions: ["DeleteItem", "GetItem"],
      Servers: ["BatchGetItem"],
      Channels: ["BatchGetItem"],
      Members: ["BatchGetItem"],
      Messages: ["PutItem", "Query"],
      ...push,
    });
  });

  it("of the site are those of `api`, but it claims no names", () => {
    expect(allowedTo("SiteServerUseast1Role")).toEqual({ ...api, Names: ["BatchGetItem", "GetItem", "Query"] });
  });

  it("beyond these are the writing of logs, and API Gateway's of its own", () => {
    const logging = ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"];
    expect(mapValues(ofType(testing, "aws:iam/role:Role"), ({ managedPolicyArns }) => managedPolicyArns)).toEqual({
      ApiHandlerRole: logging,
      AuthHandlerRole: logging,
      SocketHandlerRole: logging,
      SiteServerUseast1Role: logging,
      APIGatewayPushToCloudWatchLogsRole: ["arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"],
    });
    expect(Object.keys(ofType(testing, "aws:iam/policy:Policy"))).toEqual([]);
  });

  it("to call a function have its own API, and for the site everybody (docs/decisions/0008-site-function-url.md)", () => {
    const callers = Object.values(ofType(testing, "aws:lambda/permission:Permission")).map(
      (permission) =>
        `${/(\w+)Function-/.exec(permission.function)?.[1]} ${permission.principal} ${permission.sourceArn?.split(":").at(-1) ?? ""}`,
    );
    expect([...new Set(callers)].sort()).toEqual([
      "ApiHandler apigateway.amazonaws.com apiapi/*",
      "AuthHandler apigateway.amazonaws.com apiapi/*",
      "SiteServerUseast1 * ",
      "SocketHandler apigateway.amazonaws.com socketapi/*",
    ]);
    expect(
      mapValues(ofType(testing, "aws:lambda/functionUrl:FunctionUrl"), ({ authorizationType, cors }) => [authorizationType, cors]),
    ).toEqual({
      SiteServerUseast1Url: ["NONE", undefined],
    });
  });
});

describe("the APIs", () => {
  it("send what hashes passwords to `auth`, all else to `api`, and every frame to `socket`", () => {
    const integrations = ofType(testing, "aws:apigatewayv2/integration:Integration");
    const target = (name: string) => /(\w+)Function-/.exec(integrations[name]?.integrationUri)?.[1];
    const routes = Object.entries(ofType(testing, "aws:apigatewayv2/route:Route")).map(([name, { apiId, routeKey }]) => [
      `${/-(\w+)Api-/.exec(apiId)?.[1]} ${routeKey}`,
      target(name.replace(/Route$/, "Integration")),
    ]);
    expect(Object.fromEntries(routes)).toEqual({
      "Api $default": "ApiHandler",
      "Api POST /auth/register": "AuthHandler",
      "Api POST /auth/login": "AuthHandler",
      "Socket $connect": "SocketHandler",
      "Socket $disconnect": "SocketHandler",
      "Socket $default": "SocketHandler",
    });
  });

  it("are throttled", () => {
    expect(mapValues(ofType(testing, "aws:apigatewayv2/stage:Stage"), ({ defaultRouteSettings }) => defaultRouteSettings)).toEqual({
      ApiStage: { throttlingRateLimit: 200, throttlingBurstLimit: 400 },
      SocketStage: { throttlingRateLimit: 500, throttlingBurstLimit: 1000 },
    });
  });

  it("allow no foreign origin", () => {
    expect(ofType(testing, "aws:apigatewayv2/api:Api").ApiApi?.corsConfiguration).toEqual({});
  });

  it("and everything else keep logs for a week", () => {
    expect(mapValues(ofType(testing, "aws:cloudwatch/logGroup:LogGroup"), ({ retentionInDays }) => retentionInDays)).toEqual({
      ApiAccessLog: 7,
      SocketAccessLog: 7,
      ApiHandlerLogGroup: 7,
      AuthHandlerLogGroup: 7,
      SocketHandlerLogGroup: 7,
      SiteServerUseast1LogGroup: 7,
    });
  });
});

describe("the router", () => {
  const apiHost = "apiapi.execute-api.us-east-1.amazonaws.com";

  it.each([
    ["/api/auth/login", "/auth/login"],
    ["/api/servers/srv_1/channels/api/messages", "/servers/srv_1/channels/api/messages"],
    ["/api/", "/"],
    ["/api", "/"],
  ])("sends %s to the HTTP API as %s, and waits longer than the longest poll", async (uri, rewritten) => {
    const { host, request, readTimeoutSeconds } = await routeAtEdge(testing.resources, uri);
    expect([host, request.uri, readTimeoutSeconds]).toEqual([apiHost, rewritten, 30]);
  });

  it.each(["/login", "/apiary", "/servers/api"])("sends %s to the site as it is", async (uri) => {
    const { host, request } = await routeAtEdge(testing.resources, uri);
    expect([host, request.uri]).toEqual([expect.stringMatching(/\.lambda-url\.us-east-1\.on\.aws$/), uri]);
  });

  it("takes the site's files from its bucket", async () => {
    const file = ofType(testing, "pulumi-nodejs:dynamic:Resource")["SiteKvKeys.sst.aws.KvKeys"]?.entries;
    const uri = Object.keys(file).find((key) => file[key] === "s3");
    const { host } = await routeAtEdge(testing.resources, uri ?? "");
    expect(host).toMatch(/^agora-test-siteassetsbucket-\w+\.s3\.us-east-1\.amazonaws\.com$/);
  });

  it.each(["/login", "/api/servers"])("tells who calls %s by headers that a caller cannot forge", async (uri) => {
    const { request } = await routeAtEdge(testing.resources, uri, { "x-agora-edge": "forged", "x-agora-address": "10.0.0.1" });
    // printf 'agora edge' | openssl dgst -sha256 -hmac 'a secret'
    expect(request.headers["x-agora-edge"]?.value).toBe("02fc7d0a2f3ed0cfede07825cda8b579f7b67ba7365850abb166b3545810e614");
    expect(request.headers["x-agora-address"]?.value).toBe("203.0.113.9");
    expect(request.headers["x-forwarded-host"]?.value).toBe("chat.example");
  });

  it("has a function that CloudFront accepts: 10 KB at most", () => {
    for (const synthesis of [testing, production]) {
      const [router, ...others] = Object.values(ofType(synthesis, "aws:cloudfront/function:Function"));
      expect(others).toEqual([]);
      expect(Buffer.byteLength(router?.code)).toBeLessThanOrEqual(10_240);
    }
  });

  it("speaks https alone, under the domain if one is given", () => {
    const distribution = (synthesis: Synthesis) => ofType(synthesis, "aws:cloudfront/distribution:Distribution").RouterCdnDistribution;
    expect(distribution(testing)?.defaultCacheBehavior.viewerProtocolPolicy).toBe("redirect-to-https");
    expect([distribution(testing)?.aliases, testing.outputs.url]).toEqual([[], "https://d111111abcdef8.cloudfront.net"]);
    expect([distribution(production)?.aliases, production.outputs.url]).toEqual([["chat.example"], "https://chat.example"]);
  });
});

describe("the bucket", () => {
  it("is closed to the public, and may be posted to from the site", () => {
    const closed = { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true };
    const blocks = ofType(testing, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock");
    expect(blocks.UploadsPublicAccessBlock).toMatchObject(closed);
    expect(blocks.SiteAssetsPublicAccessBlock).toMatchObject(closed);
    const rules = (synthesis: Synthesis) =>
      mapValues(ofType(synthesis, "aws:s3/bucketCorsConfigurationV2:BucketCorsConfigurationV2"), ({ corsRules }) => corsRules);
    const rule = { allowedMethods: ["POST"], allowedHeaders: ["content-type"], maxAgeSeconds: 3600 };
    expect(rules(testing)).toEqual({ UploadsCors: [{ ...rule, allowedOrigins: ["https://d111111abcdef8.cloudfront.net"] }] });
    expect(rules(production)).toEqual({ UploadsCors: [{ ...rule, allowedOrigins: ["https://chat.example"] }] });
  });

  it("lets nobody in by its policy, and nobody over plain http", () => {
    const { Statement } = JSON.parse(ofType(testing, "aws:s3/bucketPolicy:BucketPolicy").UploadsPolicy?.policy);
    expect(Statement).toEqual([expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": ["false"] } } })]);
  });

  it("is kept in production with what is in it", () => {
    const bucket = (synthesis: Synthesis) => synthesis.resources.find(({ name }) => name === "UploadsBucket");
    expect([bucket(production)?.retained, bucket(production)?.inputs.forceDestroy]).toEqual([true, false]);
    expect([bucket(testing)?.retained, bucket(testing)?.inputs.forceDestroy]).toEqual([false, true]);
  });
});

describe("the app", () => {
  it("is protected from removal in production, and goes away without trace elsewhere", () => {
    expect([production.app.removal, production.app.protect]).toEqual(["retain", true]);
    expect([testing.app.removal, testing.app.protect]).toEqual(["remove", false]);
  });

  it.each(["test", "production"])("tags everything in stage %s", (stage) => {
    const synthesis = stage === "test" ? testing : production;
    const tags = { tags: { Project: "agora", Stage: stage } };
    expect(synthesis.app.providers.aws?.defaultTags).toEqual(tags);
    // Components that name their region make a provider of their own.
    for (const provider of Object.values(ofType(synthesis, "pulumi:providers:aws"))) expect(JSON.parse(provider.defaultTags)).toEqual(tags);
  });

  it("writes to the owner when the month becomes dear, if it knows whom", () => {
    const warning = { comparisonOperator: "GREATER_THAN", thresholdType: "PERCENTAGE", subscriberEmailAddresses: ["owner@example.org"] };
    expect(ofType(testing, "aws:budgets/budget:Budget")).toEqual({});
    expect(ofType(production, "aws:budgets/budget:Budget")).toEqual({
      MonthlyBudget: {
        budgetType: "COST",
        timeUnit: "MONTHLY",
        limitAmount: "5",
        limitUnit: "USD",
        notifications: [
          { ...warning, notificationType: "ACTUAL", threshold: 80 },
          { ...warning, notificationType: "FORECASTED", threshold: 100 },
        ],
      },
    });
  });
});
