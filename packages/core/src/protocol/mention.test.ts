import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { namedIn } from "./mention";

const nobody = { userIds: [], roleIds: [], everyone: false };

describe("who is named in a text", () => {
  test("each once, in the order of the text, also in what surrounds or lists it", () => {
    const text = "> <@usr_2> hi\n- a **<@usr_1>**\n  - ||<@&rol_1>||\n\n<@usr_2> @everyone";
    expect(namedIn(text)).toEqual({ userIds: ["usr_2", "usr_1"], roleIds: ["rol_1"], everyone: true });
  });

  test.each([
    ["`<@usr_1>`", "<@usr_1>"],
    ["``a ` <@&rol_1>``", "a <@&rol_1>"],
    ["```\n@everyone\n```", "@everyone"],
    ["> ```<@usr_1>```", "> <@usr_1>"],
    ["- `<@usr_1>`", "- <@usr_1>"],
    ["**`@everyone`**", "**@everyone**"],
    ["\\<@usr_1>", "<@usr_1>"],
    ["@Everyone", "@everyone"],
    ["me@everyone", "me @everyone"],
    ["<@rol_1>", "<@&rol_1>"],
  ])("nobody by %j, somebody by %j", (text, other) => {
    expect(namedIn(text)).toEqual(nobody);
    expect(namedIn(other)).not.toEqual(nobody);
  });

  test("backticks that nothing closes hide nobody", () => {
    expect(namedIn("`<@usr_1> ``<@usr_2> ```<@usr_3>").userIds).toEqual(["usr_1", "usr_2", "usr_3"]);
  });
});

const pieces = fc.constantFrom("`", "``", "```", "\n", "> ", "- ", "||", "**", "\\", " ", "a", "<@usr_1>", "<@&rol_1>", "@everyone");

test("a text in a block of code names nobody, whatever it is", () => {
  const texts = fc.array(pieces, { maxLength: 60 }).map((some) => some.join(""));
  fc.assert(
    fc.property(texts, (text) => {
      const ticks = "`".repeat(3 + Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)));
      expect(namedIn(`${ticks}\n${text}.\n${ticks}`)).toEqual(nobody);
    }),
    { numRuns: 1_000 },
  );
});

test("whatever is repeated takes linear time", () => {
  fc.assert(
    fc.property(fc.array(pieces, { minLength: 1, maxLength: 6 }), (unit) => {
      const text = unit.join("").repeat(4_000 / unit.join("").length);
      const started = performance.now();
      namedIn(text);
      expect(performance.now() - started).toBeLessThan(100);
    }),
    { numRuns: 200 },
  );
});
