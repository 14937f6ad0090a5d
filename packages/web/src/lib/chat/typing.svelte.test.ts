import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WRITING_MS, Writers } from "./typing.svelte";

const author = (username: string) => ({ id: `usr_${username}`, username, display_name: null, avatar_url: null });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("says who is writing, in words for one, two and more", () => {
  const writers = new Writers();
  expect(writers.words).toBe("");
  writers.began(author("ann"));
  expect(writers.words).toBe("ann is writing…");
  writers.began(author("bob"));
  expect(writers.words).toBe("ann and bob are writing…");
  writers.began(author("eve"));
  expect(writers.words).toBe("Several people are writing…");
});

test("ends after ten seconds without another sign, and not before", () => {
  const writers = new Writers();
  writers.began(author("ann"));
  vi.advanceTimersByTime(WRITING_MS - 1);
  writers.began(author("ann"));
  vi.advanceTimersByTime(WRITING_MS - 1);
  expect(writers.words).toBe("ann is writing…");
  vi.advanceTimersByTime(1);
  expect(writers.words).toBe("");
});

test("ends with their message, and with nobody else's", () => {
  const writers = new Writers();
  writers.began(author("ann"));
  writers.said(author("bob"));
  expect(writers.words).toBe("ann is writing…");
  writers.said(author("ann"));
  expect(writers.words).toBe("");
});

test("leaves no timer behind", () => {
  const writers = new Writers();
  writers.began(author("ann"));
  writers.clear();
  expect([writers.words, vi.getTimerCount()]).toEqual(["", 0]);
});
