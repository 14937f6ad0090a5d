import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Attention, SLEEP_AFTER_MS } from "./attention.svelte";
import { fakeTab } from "./testing/world";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A tab, and what was made of what happens to it. */
function watch() {
  const { surroundings, ...tab } = fakeTab();
  const said: string[] = [];
  const attention = new Attention();
  const stop = attention.watch(
    { onsleep: () => said.push("sleep"), onwake: () => said.push("wake"), onhide: () => said.push("hide") },
    surroundings,
  );
  return { ...tab, attention, said, stop };
}

test("a tab that stays hidden sleeps, and wakes at once", () => {
  const { show, said, attention } = watch();
  show("hidden");
  expect([attention.isHere, said]).toEqual([false, ["hide"]]);
  vi.advanceTimersByTime(SLEEP_AFTER_MS);
  expect(said).toEqual(["hide", "sleep"]);
  show("visible");
  expect([attention.isHere, said]).toEqual([true, ["hide", "sleep", "wake"]]);
});

test("a tab that is back in time never slept", () => {
  const { show, said } = watch();
  show("hidden");
  vi.advanceTimersByTime(SLEEP_AFTER_MS - 1);
  show("visible");
  vi.advanceTimersByTime(SLEEP_AFTER_MS);
  expect(said).toEqual(["hide"]);
});

test("a window without the focus is visible, and nobody reads it", () => {
  const { focus, attention, said } = watch();
  focus(false);
  expect([attention.isVisible, attention.isHere]).toEqual([true, false]);
  focus(true);
  expect([attention.isHere, said]).toEqual([true, []]);
});

test("the network is gone when the browser says so", () => {
  const { network, attention } = watch();
  network(false);
  expect(attention.isOnline).toBe(false);
  network(true);
  expect(attention.isOnline).toBe(true);
});

test("a page that goes says so, and nothing is heard after the end", () => {
  const { leave, said, stop, show } = watch();
  leave();
  stop();
  show("hidden");
  vi.advanceTimersByTime(SLEEP_AFTER_MS);
  expect(said).toEqual(["hide"]);
});
