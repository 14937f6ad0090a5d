import { router } from "./router";
import { keepsData } from "./stage";

// As for tables: SST's own link would grant `s3:*`.
sst.Linkable.wrap(sst.aws.Bucket, (bucket) => ({ properties: { name: bucket.name } }));

/** Private: files come in by presigned POST and go out by presigned GET. */
export const uploads = new sst.aws.Bucket("Uploads", {
  // The browser posts the file itself, from the site's origin and from no other.
  cors: { allowOrigins: [router.url], allowMethods: ["POST"], allowHeaders: ["content-type"], maxAge: "1 hour" },
  transform: { bucket: { forceDestroy: !keepsData } },
});

export const filePermissions = {
  actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
  resources: [$interpolate`${uploads.arn}/*`],
};
