import { describe, expect, it } from "vitest";
import { mapValues, ofType, testing } from "./synth/testing";

const functions = () => ofType(testing, "aws:lambda/function:Function");

describe("functions", () => {
  it("run on Node 22 and arm64, with this much memory, time and company, and log as they write", () => {
    const settings = mapValues(functions(), (fn) => [
      fn.runtime,
      fn.architectures.join(),
      fn.memorySize,
      fn.timeout,
      fn.reservedConcurrentExecutions,
      fn.loggingConfig.logFormat,
    ]);
    expect(settings).toEqual({
      ApiHandlerFunction: ["nodejs22.x", "arm64", 512, 28, 40, "Text"],
      AuthHandlerFunction: ["nodejs22.x", "arm64", 1769, 28, 5, "Text"],
      StreamHandlerFunction: ["nodejs22.x", "arm64", 256, 28, 20, "Text"],
      SocketHandlerFunction: ["nodejs22.x", "arm64", 512, 28, 40, "Text"],
      TieringHandlerFunction: ["nodejs22.x", "arm64", 1024, 600, 1, "Text"],
      SiteServerUseast1Function: ["nodejs22.x", "arm64", 1024, 28, 15, "Text"],
    });
  });

  it("are bundled from these handlers, minified, and only `auth` may carry argon2", () => {
    expect(mapValues(testing.builds, ({ handler }) => handler)).toEqual({
      ApiHandler: "packages/functions/src/api.handler",
      AuthHandler: "packages/functions/src/auth.handler",
      StreamHandler: "packages/functions/src/stream.handler",
      SocketHandler: "packages/functions/src/socket.handler",
      TieringHandler: "packages/functions/src/jobs.handler",
      SiteServerUseast1: "packages/web/.svelte-kit/svelte-kit-sst/server/lambda-handler/index.handler",
    });
    expect(mapValues(testing.builds, ({ bundle }) => bundle && [bundle.minified, bundle.installed])).toEqual({
      ApiHandler: [true, []],
      AuthHandler: [true, ["@node-rs/argon2", "@node-rs/argon2-linux-arm64-gnu"]],
      StreamHandler: [true, []],
      SocketHandler: [true, []],
      TieringHandler: [true, []],
      SiteServerUseast1: [true, []],
    });
  });

  it("find these names in Resource", () => {
    const tables = [
      "Channels",
      "Connections",
      "Conversations",
      "Files",
      "Invites",
      "Limits",
      "Members",
      "Messages",
      "Names",
      "ReadStates",
      "Rooms",
      "ServerPasswords",
      "Servers",
      "Sessions",
      "Users",
    ];
    expect(mapValues(testing.builds, ({ links }) => Object.keys(links).sort())).toEqual({
      ApiHandler: [...tables, "Router", "Socket", "TokenSecret", "Uploads"].sort(),
      AuthHandler: [...tables.filter((name) => name !== "Rooms"), "Topics", "Router", "Socket", "TokenSecret", "Uploads"].sort(),
      StreamHandler: ["Channels", "Members", "Messages", "Router", "Servers", "Sessions", "Socket", "TokenSecret", "Topics", "Uploads"],
      SocketHandler: [
        "Channels",
        "Connections",
        "Conversations",
        "Files",
        "Limits",
        "Members",
        "Messages",
        "ReadStates",
        "Rooms",
        "Router",
        "Servers",
        "Sessions",
        "Socket",
        "TokenSecret",
        "Uploads",
        "Users",
      ],
      SiteServerUseast1: [...tables, "Topics", "Api", "Router", "Socket", "TokenSecret", "Uploads"].sort(),
      TieringHandler: ["Messages", "Topics", "Uploads"],
    });
    expect(testing.builds.ApiHandler?.links).toMatchObject({
      Messages: { name: expect.stringMatching(/^agora-test-MessagesTable-/) },
      Socket: {
        url: "wss://socketapi.execute-api.us-east-1.amazonaws.com/$default",
        managementEndpoint: "https://socketapi.execute-api.us-east-1.amazonaws.com/$default",
      },
      TokenSecret: { value: "a secret" },
      Uploads: {
        name: expect.stringMatching(/^agora-test-uploadsbucket-/),
        url: expect.stringMatching(/^https:\/\/agora-test-uploadsbucket-\w+\.s3\.us-east-1\.amazonaws\.com$/),
      },
      Router: { url: "https://d111111abcdef8.cloudfront.net" },
    });
    expect(testing.builds.SiteServerUseast1?.links.Api?.url).toBe("https://apiapi.execute-api.us-east-1.amazonaws.com");
  });

  it("are linked to every table that their code names", () => {
    const missing = mapValues(testing.builds, ({ links, bundle }) => bundle?.tables.filter((table) => !(table in links)));
    expect(missing).toEqual({
      ApiHandler: [],
      // Of opening an image of a room, which it never does: it deletes files.
      AuthHandler: ["Rooms"],
      // Of how a message is shown, which a channel is read by: it opens no file.
      StreamHandler: ["Conversations", "Files", "Limits", "Rooms"],
      SocketHandler: [],
      TieringHandler: [],
      SiteServerUseast1: [],
    });
  });

  it("get no secret and no setting through the environment, but the key to their sealed links", () => {
    for (const fn of Object.values(functions())) {
      expect(Object.keys(fn.environment.variables)).toEqual(["SST_KEY", "SST_KEY_FILE", "SST_RESOURCE_App"]);
    }
  });
});

describe("the job", () => {
  it("runs every six hours", () => {
    expect(mapValues(ofType(testing, "aws:cloudwatch/eventRule:EventRule"), (rule) => [rule.scheduleExpression, rule.state])).toEqual({
      TieringRule: ["rate(6 hours)", "ENABLED"],
    });
    expect(mapValues(ofType(testing, "aws:cloudwatch/eventTarget:EventTarget"), ({ arn }) => /TieringHandler/.test(arn))).toEqual({
      TieringTarget: true,
    });
  });
});

describe("permissions", () => {
  /** What a role may do: actions by resource, tables by their logical names. */
  function allowedTo(role: string): Record<string, string[]> {
    const allowed: Record<string, string[]> = {};
    const { inlinePolicies } = ofType(testing, "aws:iam/role:Role")[role] ?? {};
    for (const { policy } of inlinePolicies) {
      for (const { Effect, Action, Resource } of JSON.parse(policy).Statement) {
        expect(Effect).toBe("Allow");
        for (const arn of Resource) {
          const name = arn
            .replace(/^arn:aws:dynamodb:us-east-1:123456789012:table\/agora-test-(\w+)Table-\w+/, "$1")
            .replace(/^arn:aws:s3:::agora-test-uploadsbucket-\w+/, "bucket");
          allowed[name] = [...(allowed[name] ?? []), ...Action.map((action: string) => action.replace("dynamodb:", ""))].sort();
        }
      }
    }
    return allowed;
  }

  const push = {
    "arn:aws:execute-api:us-east-1:123456789012:socketapi/*/POST/@connections/*": ["execute-api:ManageConnections"],
    "arn:aws:execute-api:us-east-1:123456789012:socketapi/*/DELETE/@connections/*": ["execute-api:ManageConnections"],
  };
  const apiAndSite = {
    Users: ["BatchGetItem", "ConditionCheckItem", "GetItem", "Query", "UpdateItem"],
    "Users/index/by_username": ["Query"],
    Names: ["DeleteItem", "PutItem"],
    Sessions: ["ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"],
    "Sessions/index/by_user": ["Query"],
    Servers: ["BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"],
    "Servers/index/by_discovery": ["Query"],
    Channels: ["BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"],
    Members: ["BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"],
    "Members/index/by_user": ["Query"],
    Messages: ["BatchGetItem", "BatchWriteItem", "DeleteItem", "PutItem", "Query"],
    Connections: ["DeleteItem", "GetItem", "Query"],
    Invites: ["BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"],
    "Invites/index/by_server": ["Query"],
    ServerPasswords: ["BatchWriteItem", "DeleteItem", "GetItem", "Query"],
    ReadStates: ["BatchGetItem", "BatchWriteItem", "Query", "UpdateItem"],
    Conversations: ["BatchWriteItem", "ConditionCheckItem", "DeleteItem", "PutItem", "Query", "UpdateItem"],
    "Conversations/index/by_user": ["Query"],
    Files: ["BatchGetItem", "GetItem", "PutItem", "UpdateItem"],
    Rooms: ["GetItem", "PutItem", "UpdateItem"],
    Limits: ["UpdateItem"],
    "bucket/pending/*": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
    "bucket/files/*": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
    "bucket/images/*": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
    bucket: ["s3:ListBucket"],
    ...push,
  };
  const api = {
    ...apiAndSite,
    "bucket/rooms/*": ["s3:GetObject"],
  };

  it("of `api` are these", () => expect(allowedTo("ApiHandlerRole")).toEqual(api));

  it("of `auth` are these: accounts, their passwords and their end, and who comes into a server by a password", () => {
    expect(allowedTo("AuthHandlerRole")).toEqual({
      Names: ["DeleteItem", "GetItem", "PutItem", "UpdateItem"],
      Users: ["BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "UpdateItem"],
      Sessions: ["DeleteItem", "GetItem", "PutItem", "Query"],
      "Sessions/index/by_user": ["Query"],
      Limits: ["UpdateItem"],
      ServerPasswords: ["BatchWriteItem", "ConditionCheckItem", "DeleteItem", "PutItem", "Query"],
      Servers: ["BatchGetItem", "DeleteItem", "GetItem", "UpdateItem"],
      Members: ["BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query"],
      "Members/index/by_user": ["Query"],
      ReadStates: ["BatchWriteItem", "Query"],
      Invites: ["BatchWriteItem", "Query"],
      "Invites/index/by_server": ["Query"],
      Channels: ["DeleteItem", "Query"],
      Messages: ["BatchWriteItem", "PutItem", "Query"],
      Connections: ["DeleteItem", "GetItem", "Query"],
      Conversations: ["BatchWriteItem", "DeleteItem", "Query", "UpdateItem"],
      "Conversations/index/by_user": ["Query"],
      Files: ["GetItem", "UpdateItem"],
      Topics: ["DeleteItem", "PutItem", "Query", "UpdateItem"],
      "bucket/pending/*": ["s3:DeleteObject"],
      "bucket/files/*": ["s3:DeleteObject"],
      "bucket/images/*": ["s3:DeleteObject"],
      ...push,
    });
  });

  it("of `stream` are these: topics, and what is in them", () => {
    expect(allowedTo("StreamHandlerRole")).toEqual({
      Topics: ["BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"],
      Messages: ["BatchGetItem", "BatchWriteItem", "PutItem", "Query"],
      Servers: ["BatchGetItem"],
      Channels: ["BatchGetItem"],
      Members: ["BatchGetItem"],
      Sessions: ["GetItem", "UpdateItem"],
      "bucket/streams/*": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
      bucket: ["s3:ListBucket"],
    });
  });

  it("of the job are these: topics, what is in them, and where it puts what is old", () => {
    expect(allowedTo("TieringHandlerRole")).toEqual({
      Topics: ["BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"],
      Messages: ["BatchWriteItem", "Query"],
      "bucket/streams/*": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
      bucket: ["s3:ListBucket"],
    });
  });

  it("of `socket` are these", () => {
    expect(allowedTo("SocketHandlerRole")).toEqual({
      Connections: ["DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"],
      Sessions: ["DeleteItem", "GetItem"],
      Servers: ["BatchGetItem", "GetItem"],
      Channels: ["BatchGetItem", "GetItem"],
      Members: ["BatchGetItem"],
      Messages: ["BatchGetItem", "PutItem", "Query"],
      ReadStates: ["BatchGetItem", "UpdateItem"],
      Conversations: ["Query", "UpdateItem"],
      "Conversations/index/by_user": ["Query"],
      Users: ["GetItem"],
      Rooms: ["GetItem", "PutItem", "UpdateItem"],
      Files: ["BatchGetItem", "GetItem", "PutItem", "UpdateItem"],
      Limits: ["UpdateItem"],
      "bucket/pending/*": ["s3:GetObject", "s3:PutObject"],
      "bucket/rooms/*": ["s3:GetObject", "s3:PutObject"],
      bucket: ["s3:ListBucket"],
      ...push,
    });
  });

  it("of the site are those of `api`, server names included, but it makes no session, no ticket, and signs no form for a file", () => {
    expect(allowedTo("SiteServerUseast1Role")).toEqual({
      ...apiAndSite,
      Sessions: ["DeleteItem", "GetItem", "Query", "UpdateItem"],
      Topics: allowedTo("StreamHandlerRole")["Topics"],
      "bucket/pending/*": ["s3:DeleteObject", "s3:GetObject"],
      "bucket/streams/*": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
    });
  });

  it("beyond these are the writing of logs, and API Gateway's of its own", () => {
    const logging = ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"];
    expect(mapValues(ofType(testing, "aws:iam/role:Role"), ({ managedPolicyArns }) => managedPolicyArns)).toEqual({
      ApiHandlerRole: logging,
      AuthHandlerRole: logging,
      StreamHandlerRole: logging,
      SocketHandlerRole: logging,
      TieringHandlerRole: logging,
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
      "StreamHandler apigateway.amazonaws.com apiapi/*",
      expect.stringMatching(/^TieringHandler events\.amazonaws\.com agora-test-TieringRule-\w+$/),
    ]);
    expect(
      mapValues(ofType(testing, "aws:lambda/functionUrl:FunctionUrl"), ({ authorizationType, cors }) => [authorizationType, cors]),
    ).toEqual({
      SiteServerUseast1Url: ["NONE", undefined],
    });
  });
});
