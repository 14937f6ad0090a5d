import { describe, expect, test } from "vitest";
import { aboveRows, answerTo, entered, refusalOf, ticked } from "./form-answer";
import type { Answer } from "./form-answer";

const refused: Answer = {
  at: "save",
  done: null,
  problem: null,
  problems: { name: "This must have 1 to 100 characters, has 0." },
  values: { name: [""], role: ["rol_a", "rol_b"] },
};
const done: Answer = { at: "save", done: "Saved.", problem: null, problems: {}, values: {} };

describe("what a form shows again", () => {
  test("is what was typed, if it was refused", () => {
    expect(entered(refused, "name", "Garden")).toBe("");
    expect(entered(done, "name", "Garden")).toBe("Garden");
    expect(entered(undefined, "name", "Garden")).toBe("Garden");
  });

  test("has the boxes ticked that were ticked, and none if none were", () => {
    expect(ticked(refused, "role", [])).toEqual(["rol_a", "rol_b"]);
    expect(ticked(refused, "member", ["usr_a"])).toEqual([]);
    expect(ticked(done, "member", ["usr_a"])).toEqual(["usr_a"]);
  });

  test("is said to the form that was sent, and to no other of the page", () => {
    expect(answerTo(refused, "save")).toBe(refused);
    expect(answerTo(refused, "remove")).toBeUndefined();
    expect(answerTo(null, "save")).toBeUndefined();
  });

  test("is said to the one row of a list that it is about", () => {
    expect(refusalOf(refused, "save", "role", "rol_a")).toBe(refused);
    expect(refusalOf(refused, "save", "role", "rol_c")).toBeUndefined();
    expect(refusalOf(done, "save", "role", "rol_a")).toBeUndefined();
  });

  test("is said above the list, if the row that it is about is gone", () => {
    expect(aboveRows(refused, "save", "role", ["rol_a", "rol_c"])).toBeUndefined();
    expect(aboveRows(refused, "save", "role", ["rol_c"])).toBe(refused);
    expect(aboveRows(refused, "save", "role", [])).toBe(refused);
    expect(aboveRows(refused, "remove", "role", [])).toBeUndefined();
    expect(aboveRows(done, "save", "role", ["rol_c"])).toBe(done);
    expect(aboveRows(done, "remove", "role", [])).toBe(done);
  });
});
