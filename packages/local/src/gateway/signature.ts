import { Sha256 } from "@agora/core/sha256";
import { SignatureV4 } from "@smithy/signature-v4";
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { splitTarget } from "./client-address";

export interface KeyPair {
  accessKeyId: string;
  secretAccessKey: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
const LONG_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
/** What AWS allows between the clocks of both sides. */
const MAX_SKEW_MS = 5 * 60_000;

/**
 * Whether a request carries a valid Signature Version 4 of the one key pair there is. The signature is made again from what arrived, with
 * the SDK's own signer, the hash of the body included, and compared in constant time.
 */
export function createSignatureVerifier(keys: KeyPair, service: string, now: () => number = Date.now) {
  return async function verify(request: IncomingMessage, body: Buffer): Promise<boolean> {
    const [, accessKeyId, , region, signedService, signedList, signature] = AUTHORIZATION.exec(request.headers.authorization ?? "") ?? [];
    const signingDate = parseLongDate(request.headers["x-amz-date"]);
    if (!accessKeyId || !region || !signedList || !signature || !signingDate) return false;
    if (accessKeyId !== keys.accessKeyId || signedService !== service) return false;
    if (Math.abs(now() - signingDate.getTime()) > MAX_SKEW_MS) return false;

    const signedNames = new Set(signedList.split(";"));
    if (!signedNames.has("host") || !signedNames.has("x-amz-date")) return false;
    const headers: Record<string, string> = {};
    for (const name of signedNames) {
      const value = request.headers[name];
      if (value === undefined) return false;
      headers[name] = Array.isArray(value) ? value.join(",") : value;
    }
    // The signer believes this header, so it is held against the body before.
    const claimedHash = request.headers["x-amz-content-sha256"];
    if (claimedHash !== undefined && claimedHash !== createHash("sha256").update(body).digest("hex")) return false;

    const { path, query } = splitTarget(request.url ?? "/");
    const signer = new SignatureV4({ credentials: keys, region, service, sha256: Sha256, applyChecksum: false });
    const signed = await signer.sign(
      {
        method: request.method ?? "GET",
        protocol: "http:",
        hostname: request.headers.host ?? "",
        path,
        query: parseQuery(query),
        headers,
        body,
      },
      { signingDate, signableHeaders: signedNames },
    );
    const expected = AUTHORIZATION.exec(signed.headers["authorization"] ?? "")?.[6] ?? "";
    return expected.length === signature.length && timingSafeEqual(Buffer.from(expected), Buffer.from(signature));
  };
}

function parseLongDate(value: string | string[] | undefined): Date | undefined {
  const [, year, month, day, hour, minute, second] = LONG_DATE.exec(String(value ?? "")) ?? [];
  return year ? new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) : undefined;
}

function parseQuery(query: string): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(query)) (result[name] ??= []).push(value);
  return result;
}
