import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HttpHandler } from "./gateway/http-api";
import { createStaticSite } from "./static-site";
import { temporaryFolder } from "./testing/engine-world";
import { send, sendRaw, serve, type Served } from "./testing/serve";

let folder: ReturnType<typeof temporaryFolder>;
let served: Served;
const rendered: string[] = [];
const handler: HttpHandler = async ({ rawPath, rawQueryString, requestContext }) => {
  rendered.push(`${requestContext.http.method} ${rawPath}?${rawQueryString}`);
  return {
    statusCode: 200,
    headers: { "content-type": "text/html" },
    cookies: ["a=1", "b=2"],
    body: Buffer.from("rendered").toString("base64"),
    isBase64Encoded: true,
  };
};

beforeEach(async () => {
  folder = temporaryFolder();
  rendered.length = 0;
  const files: Record<string, string | Buffer> = {
    "client/_app/immutable/entry.abc.js": "export {}",
    "client/_app/immutable/packed.js": "plain",
    "client/_app/immutable/packed.js.br": brotliCompressSync("packed"),
    "client/favicon.svg": "<svg/>",
    "client/.well-known/security.txt": "Contact: us",
    "prerendered/about.html": "<h1>About</h1>",
    "prerendered/docs/index.html": "<h1>Docs</h1>",
    "secret.txt": "secret",
    "server/index.js": "secret",
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder.path, name)), { recursive: true });
    writeFileSync(path.join(folder.path, name), content);
  }
  const site = createStaticSite({ buildDir: folder.path, handler });
  served = await serve((request, response) => site.handle(request, response, { path: (request.url ?? "/").split("?")[0] ?? "/" }));
});
afterEach(async () => {
  await served.close();
  folder.remove();
});

describe("files of the build", () => {
  it.each([
    ["/_app/immutable/entry.abc.js", "text/javascript", "public,max-age=31536000,immutable", "export {}"],
    ["/favicon.svg", "image/svg+xml", "public,max-age=0,must-revalidate", "<svg/>"],
    ["/.well-known/security.txt", "text/plain", "public,max-age=0,must-revalidate", "Contact: us"],
    ["/about", "text/html;charset=utf-8", "public,max-age=0,must-revalidate", "<h1>About</h1>"],
    ["/docs", "text/html;charset=utf-8", "public,max-age=0,must-revalidate", "<h1>Docs</h1>"],
  ])("%s", async (url, contentType, cacheControl, body) => {
    const answer = await send(served.port, "GET", url);
    expect(answer).toMatchObject({ status: 200, body, headers: { "content-type": contentType, "cache-control": cacheControl } });
    expect(rendered).toEqual([]);
  });

  it("are not sent again to who has them", async () => {
    const { headers } = await send(served.port, "GET", "/about");
    const again = await send(served.port, "GET", "/about", { "if-none-match": headers.etag ?? "" });
    expect([again.status, again.body]).toEqual([304, ""]);
    expect((await send(served.port, "GET", "/about", { "if-none-match": '"other"' })).status).toBe(200);
  });

  it("are sent compressed to who asks for it, if they lie there compressed", async () => {
    const packed = await fetch(`${served.url}/_app/immutable/packed.js`, { headers: { "accept-encoding": "br" } });
    expect([packed.headers.get("content-encoding"), packed.headers.get("content-type"), await packed.text()]).toEqual([
      "br",
      "text/javascript",
      "packed",
    ]);
    const plain = await send(served.port, "GET", "/_app/immutable/packed.js");
    expect([plain.headers["content-encoding"], plain.body]).toEqual([undefined, "plain"]);
  });

  it.each([
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/_app/../../secret.txt",
    "/..\\secret.txt",
    "/server/index.js",
    "//secret.txt",
  ])("are the only ones: %s", async (target) => {
    const raw = await sendRaw(served.port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(raw).not.toContain("secret\r\n");
    expect(raw.split("\r\n\r\n")[1]).not.toBe("secret");
  });

  it("that are gone since the start, and ranges that make no sense, do not end the process", async () => {
    expect((await send(served.port, "GET", "/favicon.svg", { range: "bytes=5-2" })).status).toBe(200);
    rmSync(path.join(folder.path, "client/favicon.svg"));
    await send(served.port, "GET", "/favicon.svg").catch(() => undefined);
    expect((await send(served.port, "GET", "/about")).status).toBe(200);
  });
});

describe("everything else", () => {
  it("goes to the function of the site, with the path as it was sent", async () => {
    const answer = await send(served.port, "GET", "/servers/caf%C3%A9?x=1");
    expect(answer).toMatchObject({ status: 200, body: "rendered" });
    expect(answer.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(answer.headers).not.toHaveProperty("vary");
    expect(rendered).toEqual(["GET /servers/caf%C3%A9?x=1"]);
  });

  it("does so too when it posts to the path of a file", async () => {
    await send(served.port, "POST", "/about", {}, "x");
    expect(rendered).toEqual(["POST /about?"]);
  });
});
