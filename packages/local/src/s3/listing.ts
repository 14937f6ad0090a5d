import { compareBytes, type ObjectStore } from "./object-store";
import { S3Error } from "./s3-error";
import { document } from "./xml";

const MAX_KEYS = 1000;

/** What comes in the order of keys: an object, or what several of them have in common up to the delimiter. */
interface Row {
  name: string;
  isPrefix: boolean;
}

/**
 * ListObjectsV2. Goes through all names of the bucket, so it is for tools and sweeps and not for what a person waits for.
 * @throws S3Error InvalidArgument
 */
export async function listObjects(store: ObjectStore, bucket: string, query: URLSearchParams): Promise<string> {
  const [prefix, delimiter, startAfter] = ["prefix", "delimiter", "start-after"].map((name) => query.get(name) ?? "") as [
    string,
    string,
    string,
  ];
  const token = query.get("continuation-token");
  const wanted = query.get("max-keys") ?? String(MAX_KEYS);
  if (!/^\d{1,10}$/.test(wanted)) throw new S3Error("InvalidArgument", "Provided max-keys not an integer or within integer range");
  const maxKeys = Math.min(Number(wanted), MAX_KEYS);
  const last = Buffer.from(token ?? "", "base64url").toString("utf8");

  const keys = (await store.keys(prefix)).filter((key) => token !== null || compareBytes(key, startAfter) > 0);
  const rows = rowsOf(keys, prefix, delimiter).filter(({ name }) => compareBytes(name, last) > 0);
  const page = rows.slice(0, maxKeys);
  const isTruncated = maxKeys > 0 && rows.length > maxKeys;
  const objects = await Promise.all(page.filter(({ isPrefix }) => !isPrefix).map(({ name }) => store.findHead(name)));
  const encoded =
    query.get("encoding-type") === "url" ? (text: string) => encodeURIComponent(text).replaceAll("%2F", "/") : (text: string) => text;
  return document("ListBucketResult", {
    Name: bucket,
    Prefix: encoded(prefix),
    Delimiter: delimiter === "" ? undefined : encoded(delimiter),
    StartAfter: startAfter === "" ? undefined : encoded(startAfter),
    ContinuationToken: token ?? undefined,
    NextContinuationToken: isTruncated ? Buffer.from(page.at(-1)?.name ?? "").toString("base64url") : undefined,
    KeyCount: page.length,
    MaxKeys: maxKeys,
    EncodingType: query.get("encoding-type") ?? undefined,
    IsTruncated: isTruncated,
    // One that was deleted since the names were read is not there any more.
    Contents: objects.flatMap((head) =>
      head
        ? [
            {
              Key: encoded(head.key),
              LastModified: new Date(head.modified_at).toISOString(),
              ETag: `"${head.etag}"`,
              Size: head.size,
              StorageClass: "STANDARD",
            },
          ]
        : [],
    ),
    CommonPrefixes: page.filter(({ isPrefix }) => isPrefix).map(({ name }) => ({ Prefix: encoded(name) })),
  });
}

function rowsOf(keys: string[], prefix: string, delimiter: string): Row[] {
  if (delimiter === "") return keys.map((name) => ({ name, isPrefix: false }));
  const rows = new Map<string, Row>();
  for (const key of keys) {
    const end = key.indexOf(delimiter, prefix.length);
    const name = end < 0 ? key : key.slice(0, end + delimiter.length);
    rows.set(name, { name, isPrefix: end >= 0 });
  }
  return [...rows.values()];
}
