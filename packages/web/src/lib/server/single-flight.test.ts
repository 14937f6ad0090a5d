import { expect, test } from "vitest";
import { singleFlight } from "./single-flight";

test("those who ask at the same time share one run, and later ones get a new one", async () => {
  let runs = 0;
  const once = singleFlight(async (key) => {
    runs++;
    await Promise.resolve();
    return `${key}${runs}`;
  });
  expect(await Promise.all([once("a"), once("a"), once("a")])).toEqual(["a1", "a1", "a1"]);
  expect(await once("a")).toBe("a2");
});

test("other keys have their own run", async () => {
  const once = singleFlight((key) => Promise.resolve(key));
  expect(await Promise.all([once("a"), once("b")])).toEqual(["a", "b"]);
});

test("a failure is everybody's, and is not remembered", async () => {
  let runs = 0;
  const once = singleFlight(() => (++runs === 1 ? Promise.reject(new Error("no")) : Promise.resolve("yes")));
  await expect(Promise.all([once("a"), once("a")])).rejects.toThrow("no");
  expect(await once("a")).toBe("yes");
});
