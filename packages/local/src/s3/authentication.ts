import { timingSafeEqual } from "node:crypto";
import { Sha256 } from "@agora/core/sha256";
import { SignatureV4 } from "@smithy/signature-v4";
import type { KeyPair } from "../gateway/signature";
import type { S3Request } from "./request";
import { S3Error } from "./s3-error";

export interface AuthenticationOptions {
  /** The one key pair that there is. */
  keys: KeyPair;
  /** How the store is called beside what the request itself says: a proxy may have changed that. With port. */
  hosts: readonly string[];
  now: () => number;
}

/** How a request was signed. */
export interface Signed {
  /** In the query, as a link that was handed to somebody else. */
  isPresigned: boolean;
  /** `x-amz-content-sha256`; undefined where nothing is said of the body. */
  payload: string | undefined;
}

interface Claim {
  signingDate: Date;
  region: string;
  signedNames: Set<string>;
  signature: string;
}

const HEADER = /^AWS4-HMAC-SHA256 +Credential=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/;
const LONG_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const MAX_SKEW_MS = 15 * 60_000;
const MAX_EXPIRES_SECONDS = 7 * 24 * 60 * 60;
const HASH_HEADER = "x-amz-content-sha256";

/** Of the query what makes the signature, and is made anew. */
const SIGNING_PARAMETERS = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"];

/**
 * Whether requests carry a valid Signature Version 4, in a header or in the query, or a form its policy's. Each signature is made again from what
 * arrived, with the SDK's own signer, and compared in constant time.
 */
export class Authenticator {
  readonly #options: AuthenticationOptions;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
  }

  /** @throws S3Error AccessDenied, InvalidAccessKeyId, InvalidRequest, RequestTimeTooSkewed, SignatureDoesNotMatch */
  async authenticate(request: S3Request): Promise<Signed> {
    if (request.query.has("X-Amz-Signature")) return this.#byQuery(request);
    if (request.headers.authorization !== undefined) return this.#byHeader(request);
    throw new S3Error("AccessDenied", "Access Denied");
  }

  /** Of a form: the fields that say who has signed its policy. @throws S3Error AccessDenied, InvalidAccessKeyId, SignatureDoesNotMatch */
  async assertPolicySigned(policy: string, field: (name: string) => string | undefined): Promise<void> {
    if (field("x-amz-algorithm") !== "AWS4-HMAC-SHA256") throw new S3Error("AccessDenied", "Only AWS4-HMAC-SHA256 is supported.");
    const claim = this.#claim({
      credential: field("x-amz-credential"),
      date: field("x-amz-date"),
      signedHeaders: "",
      signature: field("x-amz-signature"),
    });
    const signature = await this.#signer(claim).sign(policy, { signingDate: claim.signingDate });
    if (!isSame(signature, claim.signature)) throw mismatch();
  }

  async #byHeader(request: S3Request): Promise<Signed> {
    const [, credential, signedHeaders, signature] = HEADER.exec(request.headers.authorization ?? "") ?? [];
    const claim = this.#claim({ credential, date: request.headers["x-amz-date"], signedHeaders, signature });
    if (Math.abs(this.#options.now() - claim.signingDate.getTime()) > MAX_SKEW_MS) {
      throw new S3Error("RequestTimeTooSkewed", "The difference between the request time and the server's time is too large.");
    }
    const payload = request.headers[HASH_HEADER];
    if (typeof payload !== "string") throw new S3Error("InvalidRequest", `Missing required header for this request: ${HASH_HEADER}`);
    await this.#compare(request, claim, async (host) => {
      const signed = await this.#signer(claim).sign(
        { ...bare(request), hostname: host, query: queryOf(request, []), headers: signedHeadersOf(request, claim, host) },
        { signingDate: claim.signingDate, signableHeaders: claim.signedNames },
      );
      return HEADER.exec(signed.headers["authorization"] ?? "")?.[3];
    });
    return { isPresigned: false, payload };
  }

  async #byQuery(request: S3Request): Promise<Signed> {
    const { query } = request;
    const expires = query.get("X-Amz-Expires") ?? "";
    const expiresIn = /^\d{1,7}$/.test(expires) ? Number(expires) : 0;
    if (query.get("X-Amz-Algorithm") !== "AWS4-HMAC-SHA256" || expiresIn < 1 || expiresIn > MAX_EXPIRES_SECONDS) {
      throw new S3Error("AccessDenied", "Query-string authentication requires X-Amz-Algorithm and X-Amz-Expires of at most a week.");
    }
    const claim = this.#claim({
      credential: query.get("X-Amz-Credential"),
      date: query.get("X-Amz-Date"),
      signedHeaders: query.get("X-Amz-SignedHeaders"),
      signature: query.get("X-Amz-Signature"),
    });
    const ageMs = this.#options.now() - claim.signingDate.getTime();
    if (ageMs > expiresIn * 1000) throw new S3Error("AccessDenied", "Request has expired");
    if (ageMs < -MAX_SKEW_MS) throw new S3Error("AccessDenied", "Request is not yet valid");
    await this.#compare(request, claim, async (host) => {
      // What the signer would move from the headers into the query stands where the client has put it already.
      const headers = { [HASH_HEADER]: "UNSIGNED-PAYLOAD", ...signedHeadersOf(request, claim, host) };
      const signed = await this.#signer(claim).presign(
        { ...bare(request), hostname: host, query: queryOf(request, SIGNING_PARAMETERS), headers },
        {
          signingDate: claim.signingDate,
          expiresIn,
          signableHeaders: claim.signedNames,
          unsignableHeaders: claim.signedNames.has(HASH_HEADER) ? new Set() : new Set([HASH_HEADER]),
          unhoistableHeaders: new Set([...claim.signedNames, HASH_HEADER]),
        },
      );
      return String(signed.query?.["X-Amz-Signature"]);
    });
    return { isPresigned: true, payload: request.headers[HASH_HEADER] as string | undefined };
  }

  /** Under each name by which the client may have called us. @throws S3Error SignatureDoesNotMatch, AccessDenied */
  async #compare(request: S3Request, claim: Claim, signatureFor: (host: string) => Promise<string | undefined>): Promise<void> {
    assertAllSigned(request, claim);
    for (const host of new Set([request.headers.host ?? "", ...this.#options.hosts])) {
      if (isSame((await signatureFor(host)) ?? "", claim.signature)) return;
    }
    throw mismatch();
  }

  #claim(given: Record<"credential" | "date" | "signedHeaders" | "signature", string | string[] | null | undefined>): Claim {
    const [accessKeyId, day, region, service, last, ...more] = String(given.credential ?? "").split("/");
    const [, year, month, date, hour, minute, second] = LONG_DATE.exec(String(given.date ?? "")) ?? [];
    const signature = String(given.signature ?? "");
    const isWhole = region && service === "s3" && last === "aws4_request" && more.length === 0 && signature && second;
    if (!isWhole || day !== `${year}${month}${date}`) throw new S3Error("AccessDenied", "The signature is not one that can be read.");
    if (accessKeyId !== this.#options.keys.accessKeyId) {
      throw new S3Error("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
    }
    const signingDate = new Date(`${year}-${month}-${date}T${hour}:${minute}:${second}Z`);
    if (Number.isNaN(signingDate.getTime())) throw new S3Error("AccessDenied", "The date of the signature is none.");
    return { signingDate, region, signature, signedNames: new Set(String(given.signedHeaders ?? "").split(";")) };
  }

  #signer({ region }: Claim): SignatureV4 {
    return new SignatureV4({
      credentials: this.#options.keys,
      region,
      service: "s3",
      sha256: Sha256,
      applyChecksum: false,
      uriEscapePath: false, // keys are signed as they stand in the path
    });
  }
}

const bare = ({ method, path }: S3Request) => ({ method, protocol: "http:", path });

/** @throws S3Error AccessDenied */
function assertAllSigned({ headers }: S3Request, { signedNames }: Claim): void {
  if (!signedNames.has("host")) throw new S3Error("AccessDenied", "The host must be signed.");
  const left = Object.keys(headers).filter((name) => name.startsWith("x-amz-") && !signedNames.has(name));
  if (left.length > 0)
    throw new S3Error("AccessDenied", `There were headers present in the request which were not signed: ${left.join(", ")}`);
}

function signedHeadersOf({ headers }: S3Request, { signedNames }: Claim, host: string): Record<string, string> {
  const signed: Record<string, string> = {};
  for (const name of signedNames) {
    const value = name === "host" ? host : headers[name];
    if (value === undefined) throw mismatch();
    signed[name] = Array.isArray(value) ? value.join(",") : value;
  }
  return signed;
}

function queryOf({ query }: S3Request, without: readonly string[]): Record<string, string[]> {
  const kept: Record<string, string[]> = {};
  for (const [name, value] of query) if (!without.includes(name)) (kept[name] ??= []).push(value);
  return kept;
}

function isSame(expected: string, given: string): boolean {
  return expected.length === given.length && timingSafeEqual(Buffer.from(expected), Buffer.from(given));
}

const mismatch = () =>
  new S3Error("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.");
