import { describe, expect, test } from "vitest";
import { withOwnReactions, withReaction } from "./reactions";
import { message } from "./testing/message";

const thumb = (count: number, me: boolean) => ({ emoji: "👍", count, me });
const heart = (count: number, me: boolean) => ({ emoji: "❤️", count, me });
const with_ = (...reactions: ReturnType<typeof thumb>[]) => message(1, { reactions });
const by = (user_id: string, added: boolean, emoji = "👍") => ({ user_id, emoji, added });

describe("a message that was pushed", () => {
  test("keeps what is one's own, and takes the counts", () => {
    const before = with_(thumb(1, true), heart(2, false));
    const pushed = with_(thumb(2, false), heart(3, false));
    expect(withOwnReactions(before, pushed, by("usr_2", true), "usr_1").reactions).toEqual([thumb(2, true), heart(3, false)]);
    expect(withOwnReactions(before, pushed, undefined, "usr_1").reactions).toEqual([thumb(2, true), heart(3, false)]);
  });

  test("changes what is one's own by one's own reaction, on whatever device", () => {
    expect(withOwnReactions(with_(thumb(1, false)), with_(thumb(2, false)), by("usr_1", true), "usr_1").reactions).toEqual([
      thumb(2, true),
    ]);
    expect(withOwnReactions(with_(thumb(2, true)), with_(thumb(1, false)), by("usr_1", false), "usr_1").reactions).toEqual([
      thumb(1, false),
    ]);
    expect(withOwnReactions(with_(thumb(1, true)), with_(), by("usr_1", false), "usr_1").reactions).toEqual([]);
  });

  test("that was not there before has none of one's own, but by one's own reaction", () => {
    expect(withOwnReactions(undefined, with_(thumb(1, false)), by("usr_2", true), "usr_1").reactions).toEqual([thumb(1, false)]);
    expect(withOwnReactions(undefined, with_(thumb(1, false), heart(1, false)), by("usr_1", true), "usr_1").reactions).toEqual([
      thumb(1, true),
      heart(1, false),
    ]);
  });
});

describe("a reaction of one's own", () => {
  test("is counted where it is not, and taken away where it is", () => {
    expect(withReaction([], "👍", true)).toEqual([thumb(1, true)]);
    expect(withReaction([heart(1, false)], "👍", true)).toEqual([heart(1, false), thumb(1, true)]);
    expect(withReaction([thumb(1, false)], "👍", true)).toEqual([thumb(2, true)]);
    expect(withReaction([thumb(2, true), heart(1, false)], "👍", false)).toEqual([thumb(1, false), heart(1, false)]);
    expect(withReaction([thumb(1, true), heart(1, false)], "👍", false)).toEqual([heart(1, false)]);
  });

  test("is not counted twice", () => {
    for (const [reactions, added] of [
      [[thumb(1, true)], true],
      [[thumb(1, false)], false],
      [[], false],
    ] as const) {
      expect(withReaction(reactions, "👍", added)).toBe(reactions);
    }
  });
});
