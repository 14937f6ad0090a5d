import { uploads } from "@agora/core/storage";
import type { FileGrants } from "./grants";
import { router } from "./router";
import { keepsData } from "./stage";

// As for tables: SST's own link would grant `s3:*`. The regional name, since the other one leads a browser astray while a bucket is new.
sst.Linkable.wrap(sst.aws.Bucket, (bucket) => ({
  properties: { name: bucket.name, url: $interpolate`https://${bucket.nodes.bucket.bucketRegionalDomainName}` },
}));

/** Private: files come in by presigned POST and go out by presigned GET. */
export const bucket = new sst.aws.Bucket(uploads.link, {
  // The browser posts the file itself, from the site's origin and from no other.
  cors: { allowOrigins: [router.url], allowMethods: ["POST"], allowHeaders: ["content-type"], maxAge: "1 hour" },
  lifecycle: [
    { id: "unused", prefix: uploads.pending, expiresIn: `${uploads.pendingDays} day` },
    { id: "rooms", prefix: uploads.rooms, expiresIn: `${uploads.roomsDays} days` },
  ],
  transform: { bucket: { forceDestroy: !keepsData } },
});

export function filePermissions(grants: FileGrants) {
  const onObjects = Object.entries(grants).map(([prefix, actions]) => ({
    actions: actions.map((action) => `s3:${action}`),
    resources: [$interpolate`${bucket.arn}/${prefix}*`],
  }));
  // Without it S3 says of what is not there that it is forbidden.
  const canRead = Object.values(grants).some((actions) => actions.includes("GetObject"));
  return canRead ? [...onObjects, { actions: ["s3:ListBucket"], resources: [bucket.arn] }] : onObjects;
}
