import { describe, expect, test } from "vitest";
import { problemsOfListener, problemsOfLog, problemsOfMembership, problemsOfOutcome, problemsOfSilence } from "./invariants";

/* Each check finds nothing in what is right, and names what is wrong in a history that differs from it by one thing. */

describe("a log", () => {
  const said = ["a", "b", "c"].map((nonce, i) => ({ nonce, content: `said ${nonce}`, seq: i + 1 }));
  const right = said.map(({ nonce, content, seq }) => ({ nonce, content, seq }));
  const [a, b, c] = right as [(typeof right)[0], (typeof right)[0], (typeof right)[0]];

  test("that is right", () => expect(problemsOfLog(right, said)).toEqual([]));

  test.each([
    ["a lost entry at the end", [a, b], ["c is lost"]],
    ["a lost entry and its hole", [a, c], ["number 2 has the entry 3: a hole, or another order", "b is lost"]],
    ["a doubled entry", [...right, { ...b, seq: 4 }], ["b is doubled: 2, 4"]],
    [
      "two entries on one number",
      [a, b, { ...c, seq: 2 }],
      ["number 3 has the entry 2: a hole, or another order", "c was acknowledged as 3 and stands at 2"],
    ],
    [
      "another order",
      [a, { ...c, seq: 2 }, { ...b, seq: 3 }],
      ["b was acknowledged as 2 and stands at 3", "c was acknowledged as 3 and stands at 2"],
    ],
    ["an entry that nobody said", [...right, { nonce: "x", content: "said x", seq: 4 }], ["nobody said entry 4"]],
    ["other words", [a, b, { ...c, content: "said d" }], ["entry 3 is not what was said"]],
  ])("%s", (_, entries, problems) => expect(problemsOfLog(entries, said)).toEqual(problems));

  test("what was stored and never acknowledged may stand anywhere, but must stand", () => {
    const unacknowledged = said.map(({ nonce, content }) => ({ nonce, content }));
    expect(problemsOfLog([{ ...b, seq: 1 }, { ...a, seq: 2 }, c], unacknowledged)).toEqual([]);
    expect(problemsOfLog([a, b], unacknowledged)).toEqual(["c is lost"]);
  });
});

describe("a membership", () => {
  const expected = { members: ["owner", "guest"], uses: 1 };
  const right = { members: ["owner", "guest"], memberCount: 2, useCount: 1 };

  test("that is right", () => expect(problemsOfMembership(right, expected)).toEqual([]));

  test.each([
    ["a use that was counted twice", { ...right, useCount: 2 }, ["1 uses of the invite are counted as 2"]],
    ["a use that was not counted", { ...right, useCount: 0 }, ["1 uses of the invite are counted as 0"]],
    ["a count without a member", { ...right, memberCount: 3 }, ["2 members are counted as 3"]],
    ["a use without a member", { ...right, members: ["owner"], memberCount: 1 }, ["guest is no member"]],
    ["a member who was removed", { ...right, members: ["owner", "guest", "kicked"], memberCount: 3 }, ["kicked is a member"]],
  ])("%s", (_, found, problems) => expect(problemsOfMembership(found, expected)).toEqual(problems));
});

describe("a listener", () => {
  const right = { name: "one", heard: [2, 3], wasCut: false };

  test("that is right: it heard all, or was cut and got the rest", () => {
    expect(problemsOfListener(right, [2, 3])).toEqual([]);
    expect(problemsOfListener({ ...right, heard: [2], wasCut: true, resumed: [3, 4] }, [2, 3])).toEqual([]);
  });

  test.each([
    ["is not told and not cut", { ...right, heard: [2] }, ["one is still connected and was not told of 3"]],
    ["is cut and does not get the rest", { ...right, heard: [2], wasCut: true, resumed: [] }, ["one came back and did not get 3"]],
    [
      "resumes with a hole",
      { ...right, heard: [], wasCut: true, resumed: [2, 4] },
      ["one came back and did not get 3", "one got 4 after 2"],
    ],
    ["gets one twice", { ...right, heard: [], wasCut: true, resumed: [2, 2, 3] }, ["one got 2 after 2"]],
  ])("%s", (_, listener, problems) => expect(problemsOfListener(listener, [2, 3])).toEqual(problems));
});

describe("somebody who was removed", () => {
  const right = { framesAfter: [], statusOfRead: 404, denied: ["channel:x"] };

  test("hears and reads nothing", () => expect(problemsOfSilence(right, 1)).toEqual([]));

  test.each([
    ["hears a frame", { ...right, framesAfter: [{}] }, ["who was removed heard [{}]"]],
    ["reads", { ...right, statusOfRead: 200 }, ["who was removed reads the server: 200"]],
    ["may listen again", { ...right, denied: [] }, ["who was removed may still listen, and was denied only 0 of 1"]],
  ])("%s", (_, found, problems) => expect(problemsOfSilence(found, 1)).toEqual(problems));
});

describe("what a person sees", () => {
  const right = { kind: "refused", status: 503, code: "unavailable", retryAfter: "1" } as const;

  test("is a success, or that it cannot be done now", () => {
    expect(problemsOfOutcome({ kind: "done" })).toEqual([]);
    expect(problemsOfOutcome(right)).toEqual([]);
    expect(problemsOfOutcome({ kind: "refused", code: "unavailable" })).toEqual([]); // on the socket there is no status
  });

  test.each([
    ["a defect", { ...right, status: 500, code: "internal" }, ["refused as internal"]],
    ["what is not true", { ...right, status: 409, code: "account.email_taken" }, ["refused as account.email_taken"]],
    ["no code", { kind: "refused", status: 502 } as const, ["a refusal (502) without a code"]],
    ["not when to try again", { ...right, retryAfter: null }, ["503 without Retry-After"]],
    ["nothing", { kind: "unanswered" } as const, ["there was no answer"]],
  ])("%s", (_, outcome, problems) => expect(problemsOfOutcome(outcome)).toEqual(problems));
});
