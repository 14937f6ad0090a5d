import { describe, expect, it } from "vitest";
import { routeAtEdge } from "./synth/edge";
import type { Synthesis } from "./synth/synthesis";
import { mapValues, ofType, production, testing } from "./synth/testing";

describe("the APIs", () => {
  it("send what hashes passwords to `auth`, what may wait to `stream`, all else to `api`, and every frame to `socket`", () => {
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
      "Api POST /auth/password": "AuthHandler",
      "Api DELETE /auth/me": "AuthHandler",
      "Api POST /servers/join": "AuthHandler",
      "Api POST /servers/{server_id}/passwords": "AuthHandler",
      "Api GET /topics": "StreamHandler",
      "Api GET /topics/{topic}": "StreamHandler",
      "Api PUT /topics/{topic}": "StreamHandler",
      "Api DELETE /topics/{topic}": "StreamHandler",
      "Api POST /topics/{topic}/produce": "StreamHandler",
      "Api GET /topics/{topic}/consume": "StreamHandler",
      "Api GET /topics/{topic}/groups": "StreamHandler",
      "Api GET /topics/{topic}/groups/{group}": "StreamHandler",
      "Api PUT /topics/{topic}/groups/{group}": "StreamHandler",
      "Api DELETE /topics/{topic}/groups/{group}": "StreamHandler",
      "Api POST /topics/{topic}/groups/{group}/poll": "StreamHandler",
      "Api POST /topics/{topic}/groups/{group}/commit": "StreamHandler",
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
      StreamHandlerLogGroup: 7,
      SocketHandlerLogGroup: 7,
      TieringHandlerLogGroup: 7,
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

  it("keeps no failure: whoever asks next is answered anew", () => {
    for (const synthesis of [testing, production]) {
      const [router, ...others] = Object.values(ofType(synthesis, "aws:cloudfront/distribution:Distribution"));
      expect(others).toEqual([]);
      expect(router?.customErrorResponses).toEqual([500, 502, 503, 504].map((errorCode) => ({ errorCode, errorCachingMinTtl: 0 })));
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

  it("throws away what was uploaded and not used, and images of rooms", () => {
    const { UploadsLifecycle } = ofType(testing, "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2");
    expect(UploadsLifecycle?.rules).toEqual([
      expect.objectContaining({ status: "Enabled", filter: { prefix: "pending/" }, expiration: { days: 1 } }),
      expect.objectContaining({ status: "Enabled", filter: { prefix: "rooms/" }, expiration: { days: 2 } }),
    ]);
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
