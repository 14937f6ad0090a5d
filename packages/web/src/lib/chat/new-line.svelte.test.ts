import { describe, expect, test } from "vitest";
import { NewLine } from "./new-line.svelte";
import { me, message, messages } from "./testing/world";

const mine = (seq: number) => message(seq, { author: { id: me.id, username: me.username, display_name: null, avatar_url: null } });

/** What is new: how many, and where it begins. */
function part(line: NewLine, stretch = messages(1, 5), hasOlder = false) {
  const found = line.partOf(stretch, me.id, hasOlder);
  return found && [found.count, found.first?.seq];
}

describe("when the reader comes", () => {
  test("the line stands behind their mark, and counts what others said", () => {
    const line = new NewLine();
    line.draw({ last_read: 2, head: 5 });
    expect(part(line)).toEqual([3, 3]);
    expect(part(line, [message(1), message(2), mine(3), message(4), mine(5)])).toEqual([1, 4]);
  });

  test("there is none if they know everything, or said all of it themselves", () => {
    const line = new NewLine();
    line.draw({ last_read: 5, head: 5 });
    expect(part(line)).toBeUndefined();
    line.draw({ last_read: 4, head: 5 });
    expect(part(line, [message(4), mine(5)])).toBeUndefined();
  });

  test("what is not loaded is counted by its numbers, and has no place yet", () => {
    const line = new NewLine();
    line.draw({ last_read: 100, head: 400 });
    expect(part(line, messages(350, 400), true)).toEqual([300, undefined]);
    expect(part(line, messages(101, 400), true)).toEqual([300, 101]);
  });

  test("it stays while more is said, which they see come", () => {
    const line = new NewLine();
    line.draw({ last_read: 2, head: 5 });
    line.take(6);
    expect(part(line, messages(1, 6))).toEqual([3, 3]);
  });

  test("whoever never read here is told what was said since they joined", () => {
    const line = new NewLine();
    line.draw({ last_read: 0, head: 5, joinedAt: 3500 });
    expect(part(line)).toEqual([2, 4]);
    expect(part(line, messages(3, 5), true)).toEqual([2, 4]); // All of that is here, though there is older talk.
    line.draw({ last_read: 0, head: 5, joinedAt: 9000 });
    expect(part(line)).toBeUndefined();
  });
});

describe("when the reader turns away", () => {
  test("what comes meanwhile is new when they are back", () => {
    const line = new NewLine();
    line.draw({ last_read: 3, head: 3 });
    line.leave({ known: 3, last: 3 });
    line.take(5);
    line.return();
    line.take(6);
    expect(part(line, messages(1, 6))).toEqual([2, 4]);
  });

  test("the line stays where it was if they had not read to the end", () => {
    const line = new NewLine();
    line.draw({ last_read: 2, head: 4 });
    line.leave({ known: 3, last: 4 });
    line.take(5);
    expect(part(line)).toEqual([2, 3]);
  });

  test("turning away twice does not move it", () => {
    const line = new NewLine();
    line.draw({ last_read: 3, head: 3 });
    line.leave({ known: 3, last: 3 });
    line.take(4);
    line.leave({ known: 4, last: 4 });
    line.take(5);
    expect(part(line)).toEqual([2, 4]);
  });
});

test("it goes with what they say themselves", () => {
  const line = new NewLine();
  line.draw({ last_read: 2, head: 5 });
  line.clear();
  expect([part(line), line.after]).toEqual([undefined, null]);
});
