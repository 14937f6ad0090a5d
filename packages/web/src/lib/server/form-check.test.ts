import { expect, test } from "vitest";
import { formProblem } from "./form-check";

const URLENCODED = "application/x-www-form-urlencoded";

const problem = (type: string | null, body: string, search = "") => {
  const url = new URL(`https://agora.example/login${search}`);
  const request = new Request(url, {
    method: "POST",
    body: new TextEncoder().encode(body),
    headers: type === null ? {} : { "content-type": type },
  });
  return formProblem({ request, url });
};

test("a form is taken, with or without the name of an action", async () => {
  expect(await problem(URLENCODED, "a=b")).toBeUndefined();
  expect(await problem(`${URLENCODED}; charset=utf-8`, "a=b", "?/create")).toBeUndefined();
  expect(
    await problem("multipart/form-data; boundary=x", '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'),
  ).toBeUndefined();
});

test.each(["?/default", "?/__proto__", "?/constructor", "?/toString&x=1"])("%s is no action", async (search) => {
  expect(await problem(URLENCODED, "a=b", search)).toBe(404);
});

test.each(["text/plain", "application/json", null])("%s is no form", async (type) => {
  expect(await problem(type, "a=b")).toBe(415);
});

test.each(["multipart/form-data; boundary=x", "multipart/form-data"])("what says %s and is not that cannot be read", async (type) => {
  expect(await problem(type, "garbage")).toBe(400);
});

test("what has no body is not looked at, and still readable afterwards is what has one", async () => {
  const url = new URL("https://agora.example/session/refresh");
  expect(await formProblem({ request: new Request(url, { method: "POST" }), url })).toBeUndefined();
  const request = new Request(url, { method: "POST", body: "a=b", headers: { "content-type": URLENCODED } });
  await formProblem({ request, url });
  expect((await request.formData()).get("a")).toBe("b");
});
