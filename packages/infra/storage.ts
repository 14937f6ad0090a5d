import { router } from "./router";
import { keepsData } from "./stage";

// As for tables: SST's own link would grant `s3:*`.
sst.Linkable.wrap(sst.aws.Bucket, (bucket) => ({ properties: { name: bucket.name } }));

// Private: files come in by presigned POST and go out by presigned GET. No function may sign either yet.
new sst.aws.Bucket("Uploads", {
  // The browser posts the file itself, from the site's origin and from no other.
  cors: { allowOrigins: [router.url], allowMethods: ["POST"], allowHeaders: ["content-type"], maxAge: "1 hour" },
  transform: { bucket: { forceDestroy: !keepsData } },
});
