import { expect, test } from "vitest";
import { formText } from "./form-text";

test("a field is its text, and a missing one or a file is no text", () => {
  const form = new FormData();
  form.set("content", " hello ");
  form.set("upload", new File(["hello"], "hello.txt"));
  expect(formText(form, "content")).toBe(" hello ");
  expect(formText(form, "upload")).toBe("");
  expect(formText(form, "nothing")).toBe("");
});
