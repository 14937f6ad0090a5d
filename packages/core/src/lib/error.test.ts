import { expect, test, vi } from "vitest";
import { AppError, isAppError } from "./error";

test("a refusal is known as one in every bundle of the process, and nothing else is", async () => {
  vi.resetModules();
  const other = await import("./error");
  expect(other.AppError).not.toBe(AppError);
  const refusal = new other.AppError("message.conflict", "Read on, then try again.");
  expect([isAppError(refusal), isAppError(refusal, "message.conflict"), isAppError(refusal, "unavailable")]).toEqual([true, true, false]);
  for (const thing of [
    new Error("x"),
    Object.assign(new Error("x"), { code: "message.conflict" }),
    { code: "message.conflict" },
    null,
    undefined,
  ]) {
    expect(isAppError(thing)).toBe(false);
  }
});
