/** What AWS would have answered. Only what SST's components read back is here; everything else echoes its inputs. */
import { createHash } from "node:crypto";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- inputs differ for each of some fifty types of resource
export type Inputs = Record<string, any>;

const ACCOUNT = "123456789012";
const hash = (text: string) => createHash("sha256").update(text).digest("hex");

// Pulumi marks wrapped values by a signature: secrets by this one, assets and archives by others.
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Takes secrets out of the wrapper in which they reach the mocks; assets stay as they are. */
export function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (value === null || typeof value !== "object") return value;
  const fields = value as Record<string, unknown>;
  if (fields[SIGNATURE] === SECRET) return unwrap(fields.value);
  if (fields[SIGNATURE]) return value;
  return Object.fromEntries(Object.entries(fields).map(([key, child]) => [key, unwrap(child)]));
}

/** The state of a resource after it has been made. "Random" values are derived from names, so that two runs can be compared. */
export function resourceState(region: string, type: string, name: string, inputs: Inputs): Inputs {
  const physical: string = inputs.name ?? inputs.bucket ?? name;
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${ACCOUNT}:${rest}`;
  const state: Inputs = { ...inputs, name: inputs.name ?? name };
  if (type.startsWith("aws:")) state.arn = inputs.arn ?? arn(type.split(/[:/]/)[1] ?? "", physical);
  switch (type) {
    case "random:index/randomBytes:RandomBytes":
      return { ...inputs, base64: Buffer.from(hash(name), "hex").toString("base64"), hex: hash(name) };
    case "aws:dynamodb/table:Table":
      return { ...state, arn: arn("dynamodb", `table/${physical}`) };
    case "aws:s3/bucketV2:BucketV2":
      return {
        ...state,
        bucket: physical,
        arn: `arn:aws:s3:::${physical}`,
        bucketDomainName: `${physical}.s3.amazonaws.com`,
        bucketRegionalDomainName: `${physical}.s3.${region}.amazonaws.com`,
      };
    case "aws:apigatewayv2/api:Api":
      return {
        ...state,
        apiEndpoint: `${inputs.protocolType === "WEBSOCKET" ? "wss" : "https"}://${name.toLowerCase()}.execute-api.${region}.amazonaws.com`,
        executionArn: arn("execute-api", name.toLowerCase()),
      };
    case "aws:lambda/function:Function": {
      const functionArn = arn("lambda", `function:${physical}`);
      return { ...state, arn: functionArn, qualifiedArn: `${functionArn}:1`, version: "1" };
    }
    case "aws:lambda/functionUrl:FunctionUrl":
      return { ...state, functionUrl: `https://${hash(name).slice(0, 10)}.lambda-url.${region}.on.aws/` };
    case "aws:cloudfront/distribution:Distribution":
      return { ...state, domainName: "d111111abcdef8.cloudfront.net", hostedZoneId: "Z2FDTNDATAQYW2" };
    case "aws:acm/certificate:Certificate":
      return { ...state, domainValidationOptions: [{ resourceRecordName: "_a", resourceRecordType: "CNAME", resourceRecordValue: "_b" }] };
    case "aws:iam/role:Role":
      return { ...state, arn: `arn:aws:iam::${ACCOUNT}:role/${physical}` };
    case "command:local:Command":
      return { ...state, stdout: "", stderr: "" };
  }
  return state;
}

/** Answers of data sources by token. One that is missing is counted as unanswered, and a test holds that count at zero. */
export function dataSources(region: string): Record<string, (inputs: Inputs) => Inputs> {
  return {
    "aws:index/getRegion:getRegion": () => ({ id: region, name: region }),
    "aws:index/getPartition:getPartition": () => ({ id: "aws", partition: "aws", dnsSuffix: "amazonaws.com" }),
    "aws:index/getCallerIdentity:getCallerIdentity": () => ({ id: ACCOUNT, accountId: ACCOUNT }),
    // The rendered document is what the tests of permissions read.
    "aws:iam/getPolicyDocument:getPolicyDocument": (inputs) => ({
      ...inputs,
      id: "document",
      statements: inputs.statements ?? [],
      json: JSON.stringify({ Version: "2012-10-17", Statement: (inputs.statements ?? []).map(renderStatement) }),
    }),
  };
}

function renderStatement({ effect, actions, resources, principals, conditions }: Inputs) {
  return {
    Effect: effect ?? "Allow",
    Action: actions,
    Resource: resources,
    Principal: principals?.reduce((all: Inputs, { type, identifiers }: Inputs) => ({ ...all, [type]: identifiers }), {}),
    Condition: conditions?.reduce((all: Inputs, { test, variable, values }: Inputs) => ({ ...all, [test]: { [variable]: values } }), {}),
  };
}
