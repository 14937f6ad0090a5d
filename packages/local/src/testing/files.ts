import { deflateSync, crc32 } from "node:zlib";
import type { Client, Person } from "./stack";

/** What a browser knows of a file. */
export interface TestFile {
  filename: string;
  content_type: string;
  bytes: Buffer;
}

/** A whole PNG of one colour. */
export function png(width = 3, height = 2): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8); // one byte of grey a pixel
  const rows = deflateSync(Buffer.alloc((width + 1) * height));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))]);
}

export const image = (name = "picture.png"): TestFile => ({ filename: name, content_type: "image/png", bytes: png() });
export const text = (name = "notes.txt", content = "hello"): TestFile => ({
  filename: name,
  content_type: "text/plain",
  bytes: Buffer.from(content),
});

export interface UploadForm {
  url: string;
  fields: Record<string, string>;
}

/** As a browser does it. */
export function postForm({ url, fields }: UploadForm, bytes: Buffer): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob([new Uint8Array(bytes)]), "file");
  return fetch(url, { method: "POST", body: form });
}

/** Uploads a file, which must not be refused. */
export async function upload(stack: Client, who: Person, file: TestFile, purpose = "attachment"): Promise<string> {
  const { filename, content_type, bytes } = file;
  const { status, body } = await stack.api("POST /uploads", {
    token: who.token,
    body: { filename, content_type, size: bytes.length, purpose },
  });
  if (status !== 201) throw new Error(`POST /uploads answered ${status} ${JSON.stringify(body)}`);
  const posted = await postForm(body.upload, bytes);
  if (!posted.ok) throw new Error(`the form was answered with ${posted.status} ${await posted.text()}`);
  return body.id as string;
}
