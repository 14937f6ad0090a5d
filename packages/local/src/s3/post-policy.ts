import * as v from "valibot";
import { S3Error } from "./s3-error";

/*
 * What a form may upload: the policy that was signed with it. Each field must be in a condition, and each condition must hold. See "Creating a POST
 * policy" in the API reference of S3.
 */

const Condition = v.union([
  v.pipe(
    v.record(v.string(), v.string()),
    v.check((one) => Object.keys(one).length === 1),
  ),
  v.strictTuple([v.picklist(["eq", "starts-with"]), v.pipe(v.string(), v.startsWith("$")), v.string()]),
  v.strictTuple([
    v.literal("content-length-range"),
    v.pipe(v.unknown(), v.transform(Number), v.integer()),
    v.pipe(v.unknown(), v.transform(Number), v.integer()),
  ]),
]);
const Policy = v.object({ expiration: v.pipe(v.string(), v.isoTimestamp()), conditions: v.array(Condition) });

/** The fields of a form that stand before its file, by their lower-case names. */
export type Fields = ReadonlyMap<string, string>;

interface Permitted {
  minBytes: number;
  maxBytes: number;
}

const NEED_NO_CONDITION = new Set(["policy", "x-amz-signature", "file"]);

/**
 * What the form may upload, if its policy allows its fields.
 * @throws S3Error AccessDenied, InvalidPolicyDocument
 */
export function checkPolicy(encoded: string, fields: Fields, bucket: string, now: number): Permitted {
  const { expiration, conditions } = parse(encoded);
  if (Date.parse(expiration) <= now) throw new S3Error("AccessDenied", "Invalid according to Policy: Policy expired.");
  const permitted = { minBytes: 0, maxBytes: Infinity };
  const named = new Set<string>();
  for (const condition of conditions) {
    if (Array.isArray(condition) && condition[0] === "content-length-range") {
      permitted.minBytes = Math.max(permitted.minBytes, condition[1]);
      permitted.maxBytes = Math.min(permitted.maxBytes, condition[2]);
      continue;
    }
    const [kind, name, wanted] = Array.isArray(condition)
      ? ([condition[0], condition[1].slice(1).toLowerCase(), condition[2]] as const)
      : (["eq", ...lowerCased(condition)] as const);
    named.add(name);
    const value = name === "bucket" ? bucket : (fields.get(name) ?? "");
    const holds = kind === "eq" ? value === wanted : value.startsWith(wanted);
    if (!holds) throw new S3Error("AccessDenied", `Invalid according to Policy: Policy Condition failed: ${JSON.stringify(condition)}`);
  }
  const extra = [...fields.keys()].filter((name) => !named.has(name) && !NEED_NO_CONDITION.has(name) && !name.startsWith("x-ignore-"));
  if (extra.length > 0) throw new S3Error("AccessDenied", `Invalid according to Policy: Extra input fields: ${extra.join(", ")}`);
  return permitted;
}

function lowerCased(condition: Record<string, string>): [name: string, value: string] {
  const [name = "", value = ""] = Object.entries(condition)[0] ?? [];
  return [name.toLowerCase(), value];
}

/** Whoever has signed a policy has written it, so it is only malformed by mistake. */
function parse(encoded: string): v.InferOutput<typeof Policy> {
  try {
    return v.parse(Policy, JSON.parse(Buffer.from(encoded, "base64").toString("utf8")));
  } catch (cause) {
    throw new S3Error("InvalidPolicyDocument", "Invalid Policy: it is not what a policy looks like.", { cause });
  }
}
