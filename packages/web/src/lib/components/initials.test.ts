import { expect, test } from "vitest";
import { initialsOf } from "./initials";

test.each([
  ["Mara Lindqvist", "ML"],
  ["mara", "M"],
  ["mara.lindqvist_the-third", "ML"],
  ["👩🏽‍🚀 crew", "👩🏽‍🚀C"],
  ["e\u0301lan vital", "E\u0301V"],
  ["...", ""],
])("the initials of %s are %s", (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});
