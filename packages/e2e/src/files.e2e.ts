import { readdirSync } from "node:fs";
import { request } from "node:http";
import path from "node:path";
import type { Rest } from "@agora/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startOwnChannel, type OwnChannel } from "./own-channel";
import type { OwnAgora } from "./server";

const CONTENT = "what is in the file";

describe("files on one machine", () => {
  let agora: OwnAgora;
  let rest: Rest;
  let place: OwnChannel["path"];

  beforeAll(async () => {
    ({ agora, rest, path: place } = await startOwnChannel("files"));
  });
  afterAll(() => agora.close());

  const ask = (size: number) => rest.createUpload({ filename: "a.txt", size, content_type: "text/plain", purpose: "attachment" });

  function post({ url, fields }: Awaited<ReturnType<typeof ask>>["upload"], content: string) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", new Blob([content]), "a.txt");
    return fetch(url, { method: "POST", body: form });
  }

  const filesIn = (folder: string) => readdirSync(path.join(agora.data.path, "s3/uploads", folder)).length;

  async function until(condition: () => boolean): Promise<void> {
    const deadline = Date.now() + 5_000;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error("waited in vain");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  test("survive kill -9; of an upload that was cut off nothing is left, and it can be done again", async () => {
    const whole = await ask(CONTENT.length);
    expect((await post(whole.upload, CONTENT)).status).toBe(204);
    const uploaded = await ask(CONTENT.length);
    expect((await post(uploaded.upload, CONTENT)).status).toBe(204);
    const { attachments } = await rest.sendMessage({ ...place, nonce: "1", attachments: [whole.id] });

    const half = await ask(CONTENT.length);
    const fields = Object.entries({ ...half.upload.fields, file: CONTENT.slice(0, 5) });
    const parts = fields.map(
      ([name, value]) => `--b\r\ncontent-disposition: form-data; name="${name}"${name === "file" ? '; filename="a"' : ""}\r\n\r\n${value}`,
    );
    const headers = { "content-type": "multipart/form-data; boundary=b", "content-length": "100000" };
    const cutOff = request(half.upload.url, { method: "POST", headers });
    cutOff.on("error", () => undefined);
    cutOff.write(parts.join("\r\n"));
    await until(() => filesIn("drafts") === 1);
    const objects = filesIn("objects");
    await agora.stop("SIGKILL");

    await agora.startAgain();
    expect([filesIn("drafts"), filesIn("objects")]).toEqual([0, objects]);
    expect(await (await fetch(attachments[0]?.url ?? "")).text()).toBe(CONTENT);
    await expect(rest.sendMessage({ ...place, nonce: "2", attachments: [half.id] })).rejects.toMatchObject({ code: "upload.not_found" });
    expect((await post(half.upload, CONTENT)).status).toBe(204);
    for (const { id } of [uploaded, half]) {
      const sent = await rest.sendMessage({ ...place, nonce: id, attachments: [id] });
      expect(await (await fetch(sent.attachments[0]?.url ?? "")).text()).toBe(CONTENT);
    }
  });

  test("are behind a proxy that calls the server by another name", async () => {
    const { upload, id } = await ask(CONTENT.length);
    expect((await post(upload, CONTENT)).status).toBe(204);
    const { attachments } = await rest.sendMessage({ ...place, nonce: id, attachments: [id] });
    const link = await fetch(attachments[0]?.url ?? "", { redirect: "manual" });
    const target = new URL(link.headers.get("location") ?? "");
    const status = await new Promise((resolve, reject) => {
      const { hostname, port, pathname, search } = target;
      const call = request({ host: hostname, port, path: pathname + search, headers: { host: "10.0.0.5:3000" } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      call.on("error", reject);
      call.end();
    });
    expect(status).toBe(200);
  });

  test("are nobody's without a signature", async () => {
    for (const key of ["", "pending/x", "..%2f..%2f..%2ftoken-secret"]) {
      const answer = await fetch(`${agora.url}/_s3/uploads/${key}`);
      expect(answer.status).toBe(403);
      expect(answer.headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
    }
  });
});
