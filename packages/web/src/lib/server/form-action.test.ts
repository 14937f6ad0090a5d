import { AppError } from "@agora/core/error";
import { AgoraError } from "@agora/sdk";
import { redirect } from "@sveltejs/kit";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { formAction, FormProblem, parseForm } from "./form-action";

const Body = v.strictObject({ name: v.pipe(v.string(), v.minLength(1, "must have a character")) });
const actor = { kind: "account", user_id: "usr_a", session_id: "ses_a" } as const;

function send(work: Parameters<typeof formAction>[0], fields: [string, string][] = [], { isLoggedIn = true } = {}) {
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  const url = new URL("http://site.test/channels/srv_a/settings/roles?/save");
  const event = { locals: { actor: isLoggedIn ? actor : null }, params: {}, url, request: new Request(url, { method: "POST", body }) };
  return formAction(work)(event as unknown as Parameters<ReturnType<typeof formAction>>[0]);
}

describe("a form action", () => {
  test("answers what was done, at the form that was sent", async () => {
    expect(await send(async () => "Saved.")).toEqual({ at: "save", done: "Saved.", problem: null, problems: {}, values: {} });
  });

  test("says what is wrong with a field beside it, and gives back what was entered", async () => {
    const answer = await send(
      async ({ form }) => parseForm(Body, { name: form.get("name") }).name,
      [
        ["name", ""],
        ["role", "a"],
        ["role", "b"],
      ],
    );
    expect(answer).toMatchObject({
      status: 400,
      data: { done: null, problem: null, problems: { name: "This must have a character." }, values: { name: [""], role: ["a", "b"] } },
    });
  });

  test("never gives back a password", async () => {
    const answer = await send(
      () => Promise.reject(new FormProblem({ password: "No." })),
      [
        ["password", "secret"],
        ["repeat", "secret"],
      ],
    );
    expect(JSON.stringify(answer)).not.toContain("secret");
  });

  test.each([
    { name: "core", error: new AppError("server.name_taken", "Taken."), status: 409 },
    { name: "API", error: new AgoraError("server.name_taken", "Taken.", { status: 409 }), status: 409 },
    { name: "network", error: new AgoraError("network", "Taken."), status: 503 },
  ])("says a refusal of the $name as a sentence", async ({ error, status }) => {
    expect(await send(() => Promise.reject(error))).toMatchObject({ status, data: { problem: "Taken.", problems: {} } });
  });

  test("of a refusal of input the parts stand beside their fields", async () => {
    const error = new AppError("input.invalid", "Wrong.", { details: { "allowed_role_ids.0": "names a role that is not there" } });
    const problems = { allowed_role_ids: "This names a role that is not there." };
    expect(await send(() => Promise.reject(error))).toMatchObject({ status: 400, data: { problem: null, problems } });
  });

  test("lets a defect be one, and a redirect lead on", async () => {
    await expect(send(() => Promise.reject(new TypeError("defect")))).rejects.toThrow("defect");
    await expect(send(async () => redirect(303, "/there"))).rejects.toMatchObject({ status: 303, location: "/there" });
  });

  test("sends whoever is not logged in to log in, and back", async () => {
    const location = "/login?next=%2Fchannels%2Fsrv_a%2Fsettings%2Froles";
    await expect(send(async () => "Saved.", [], { isLoggedIn: false })).rejects.toMatchObject({ status: 303, location });
  });
});
