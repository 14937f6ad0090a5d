import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { serve } from "../../testing/serve";
import { openS3, type S3Options } from "../s3";

export const KEYS = { accessKeyId: "AKIATESTTESTTESTTEST", secretAccessKey: "a secret for tests only" };

export interface S3UnderTest {
  bucket: string;
  config: S3ClientConfig;
  credentials(): Promise<typeof KEYS>;
  close(): Promise<void>;
}

/** Amazon's, if AGORA_TEST_BUCKET names a bucket there that may be written to; else ours, on a free port. */
export async function s3UnderTest(): Promise<S3UnderTest> {
  const bucket = process.env["AGORA_TEST_BUCKET"];
  if (bucket === undefined) {
    const local = await startS3();
    return { bucket: "uploads", config: configOf(local.url), credentials: async () => KEYS, close: local.close };
  }
  const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "", AWS_SESSION_TOKEN, AWS_REGION = "us-east-1" } = process.env;
  const session = AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN };
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, ...session };
  return { bucket, config: { region: AWS_REGION, credentials }, credentials: async () => credentials, close: async () => undefined };
}

export const configOf = (url: string): S3ClientConfig => ({
  region: "us-east-1",
  endpoint: `${url}/_s3`,
  forcePathStyle: true,
  credentials: KEYS,
});

export interface LocalS3 {
  url: string;
  port: number;
  dataDir: string;
  expire: (prefix: string, olderThanMs: number) => Promise<number>;
  close(): Promise<void>;
}

/** Ours, on a free port. */
export async function startS3(options: Partial<S3Options> = {}): Promise<LocalS3> {
  const dataDir = options.dataDir ?? mkdtempSync(path.join(tmpdir(), "agora-s3-"));
  const s3 = await openS3({ dataDir, buckets: ["uploads"], prefix: "/_s3", keys: KEYS, ...options });
  const served = await serve((request, response) => s3.handle(request, response, { path: request.url ?? "/" }));
  return {
    url: served.url,
    port: served.port,
    dataDir,
    expire: (prefix, olderThanMs) => s3.expire("uploads", prefix, olderThanMs),
    async close() {
      await served.close();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
