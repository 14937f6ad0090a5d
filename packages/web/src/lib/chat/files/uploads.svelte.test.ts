import { limits } from "@agora/core/protocol/limits";
import type { Upload } from "@agora/core/protocol/upload";
import { AgoraError } from "@agora/sdk";
import { expect, test } from "vitest";
import { Uploads } from "./uploads.svelte";
import type { UploadBounds } from "./uploads.svelte";

const DAY_MS = 24 * 60 * 60 * 1000;

const fileOf = (name: string, size = 3) => Object.defineProperty(new File(["abc"], name, { type: "text/plain" }), "size", { value: size });
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A store that takes each file when the test says so. */
function world(bounds?: UploadBounds) {
  let forms = 0;
  let now = 0;
  const posts: { name: string; id: string; signal: AbortSignal; move: (part: number) => void; arrive: () => void; lose: () => void }[] = [];
  const refusals: AgoraError[] = [];
  const uploads = new Uploads(
    {
      now: () => now,
      ask: () => {
        const refusal = refusals.shift();
        if (refusal) return Promise.reject(refusal);
        const id = `upl_${++forms}`;
        return Promise.resolve({ id, upload: { url: "", fields: { id } }, expires_at: now + DAY_MS } as Upload);
      },
      post: ({ fields }, { name }, { onprogress, signal }) =>
        new Promise((resolve, reject) => {
          const lose = () => reject(new AgoraError("network", "lost"));
          signal.addEventListener("abort", lose);
          posts.push({ name, id: fields["id"] ?? "", signal, move: onprogress, arrive: resolve, lose });
        }),
    },
    bounds,
  );
  const states = () => uploads.files.map(({ file, state }) => `${file.name} ${state}`);
  const post = (name: string) => {
    const found = posts.findLast((other) => other.name === name);
    if (!found) throw new Error(`${name} was not posted`);
    return found;
  };
  return { uploads, states, post, posts, refusals, pass: (ms: number) => (now += ms) };
}

test("three go up at once, the next one when one of them is there", async () => {
  const { uploads, states, post } = world();
  uploads.take(["a", "b", "c", "d"].map((name) => fileOf(name)));
  await settled();
  expect(states()).toEqual(["a uploading", "b uploading", "c uploading", "d queued"]);
  post("b").move(0.5);
  expect(uploads.files[1]?.progress).toBe(0.5);
  post("b").arrive();
  await settled();
  expect(states()).toEqual(["a uploading", "b uploaded", "c uploading", "d uploading"]);
});

test("what is too large or empty is refused with its name, what stands beside it is taken", async () => {
  const { uploads, states } = world();
  uploads.take([fileOf("fits", limits.attachmentMaxBytes), fileOf("larger", limits.attachmentMaxBytes + 1), fileOf("nothing", 0)]);
  await settled();
  expect(states()).toEqual(["fits uploading"]);
  expect(uploads.refusal).toBe("“larger” is larger than 25 MB. “nothing” is empty.");
  uploads.take([fileOf("one byte", 1)]);
  expect(uploads.refusal).toBeNull();
});

test("of more than a message may have, the last ones are left out", () => {
  const { uploads } = world();
  const max = limits.attachmentsPerMessageMax;
  uploads.take(Array.from({ length: max }, (_, index) => fileOf(`${index}`)));
  expect([uploads.files.length, uploads.refusal]).toEqual([max, null]);
  uploads.take([fileOf("one more")]);
  expect(uploads.files).toHaveLength(max);
  expect(uploads.refusal).toContain("Left out: “one more”");
});

test("where only images are taken, other files, too large and too many ones are refused as such", () => {
  const { uploads } = world({ max: 2, maxBytes: 1024 * 1024, types: ["image/png"] });
  const png = (name: string, size = 3) => Object.defineProperty(new File(["abc"], name, { type: "image/png" }), "size", { value: size });
  uploads.take([fileOf("a.txt"), png("large.png", 1024 * 1024 + 1), png("1.png"), png("2.png"), png("3.png")]);
  expect(uploads.files.map(({ file }) => file.name)).toEqual(["1.png", "2.png"]);
  expect(uploads.refusal).toBe(
    "“a.txt” is no image that can be shown here: PNG, JPEG, GIF or WebP. “large.png” is larger than 1 MB. A message has at most 2 images. Left out: “3.png”.",
  );
});

test("a folder is refused, the files beside it are taken", () => {
  const { uploads } = world();
  uploads.take([fileOf("a")], true);
  expect(uploads.files).toHaveLength(1);
  expect(uploads.refusal).toContain("folder");
});

test("what is removed is broken off, and makes room for the next", async () => {
  const { uploads, states, post } = world();
  uploads.take(["a", "b", "c", "d"].map((name) => fileOf(name)));
  await settled();
  uploads.remove(uploads.files[0]?.key ?? -1);
  await settled();
  expect(post("a").signal.aborted).toBe(true);
  expect(post("b").signal.aborted).toBe(false);
  expect(states()).toEqual(["b uploading", "c uploading", "d uploading"]);
});

test("a message waits for its files, and is sent once, with them, in the order in which they were chosen", async () => {
  const { uploads, post } = world();
  const sent: string[][] = [];
  uploads.take([fileOf("a"), fileOf("b")]);
  await settled();
  expect(uploads.whenUploaded(() => sent.push(uploads.handOver().map(({ filename }) => filename)))).toBe(true);
  post("b").arrive();
  await settled();
  expect([sent, uploads.isWaiting]).toEqual([[], true]);
  post("a").arrive();
  await settled();
  expect([sent, uploads.isWaiting, uploads.files]).toEqual([[["a", "b"]], false, []]);
});

test("it is not sent any more if its writer goes on, adds a file, or one of the files fails", async () => {
  for (const change of ["hold", "take", "lose"] as const) {
    const { uploads, post } = world();
    let sent = 0;
    uploads.take([fileOf("a"), fileOf("b")]);
    await settled();
    uploads.whenUploaded(() => sent++);
    if (change === "hold") uploads.hold();
    if (change === "take") uploads.take([fileOf("c")]);
    if (change === "lose") post("b").lose();
    await settled();
    for (const name of change === "take" ? ["a", "b", "c"] : ["a", "b"]) post(name).arrive();
    await settled();
    expect([change, sent, uploads.isWaiting]).toEqual([change, 0, false]);
  }
});

test("what failed keeps a message back, says why, and gets a new form when it is tried again", async () => {
  const { uploads, states, post, posts } = world();
  uploads.take([fileOf("a")]);
  await settled();
  post("a").lose();
  await settled();
  expect([states(), uploads.files[0]?.problem]).toEqual([["a failed"], "The connection was lost."]);
  expect(uploads.whenUploaded(() => undefined)).toBe(false);
  expect(uploads.refusal).toContain("“a” is not uploaded");
  uploads.retry(uploads.files[0]?.key ?? -1);
  await settled();
  expect(posts.map(({ id }) => id)).toEqual(["upl_1", "upl_2"]);
  post("a").arrive();
  await settled();
  expect(states()).toEqual(["a uploaded"]);
});

test("with the network comes back what it took away, and not what was refused", async () => {
  const { uploads, states, post, refusals } = world();
  refusals.push(new AgoraError("upload.quota_full", "You keep as many files here as you may."));
  uploads.take([fileOf("refused"), fileOf("lost")]);
  await settled();
  post("lost").lose();
  await settled();
  uploads.retryLost();
  await settled();
  expect(states()).toEqual(["refused failed", "lost uploading"]);
  expect(uploads.files[0]?.problem).toBe("You keep as many files here as you may.");
});

test("what the store would have deleted by now is uploaded again before it is sent", async () => {
  const { uploads, post, pass } = world();
  uploads.take([fileOf("a")]);
  await settled();
  post("a").arrive();
  await settled();
  pass(DAY_MS);
  let ids: string[] = [];
  uploads.whenUploaded(() => (ids = uploads.handOver().map(({ id }) => id)));
  await settled();
  expect(ids).toEqual([]);
  post("a").arrive();
  await settled();
  expect(ids).toEqual(["upl_2"]);
});

test("what was sent and refused comes back as new files; what is not known here is said", async () => {
  const { uploads, post, posts } = world();
  uploads.take([fileOf("a")]);
  await settled();
  post("a").arrive();
  await settled();
  const sent = uploads.handOver();
  expect(uploads.takeBack(sent)).toBe(true);
  await settled();
  expect(posts.map(({ name, id }) => `${name} ${id}`)).toEqual(["a upl_1", "a upl_2"]);
  expect(uploads.takeBack([{ id: "upl_of_another_load", filename: "b", size: 1 }])).toBe(false);
});

test("what waits for its files is not sent over the head of what comes back, even if nothing of that is known here", async () => {
  const { uploads, post } = world();
  let sent = 0;
  uploads.take([fileOf("b")]);
  await settled();
  uploads.whenUploaded(() => sent++);
  expect(uploads.takeBack([{ id: "upl_of_another_load", filename: "a", size: 1 }])).toBe(false);
  post("b").arrive();
  await settled();
  expect([sent, uploads.isWaiting, uploads.files.length]).toEqual([0, false, 1]);
});
