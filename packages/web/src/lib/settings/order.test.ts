import { describe, expect, test } from "vitest";
import { groupsOf, moved, orderAfter } from "./order";

const channel = (id: string, category: string | null = null) => ({ id, category });

describe("an item of a list", () => {
  test("changes places with its neighbour", () => {
    expect(moved(["a", "b", "c"], 1, "up")).toEqual(["b", "a", "c"]);
    expect(moved(["a", "b", "c"], 1, "down")).toEqual(["a", "c", "b"]);
  });

  test("stays at the end of the list, and one that is not there moves nothing", () => {
    expect(moved(["a", "b"], 0, "up")).toEqual(["a", "b"]);
    expect(moved(["a", "b"], 1, "down")).toEqual(["a", "b"]);
    expect(moved(["a", "b"], -1, "down")).toEqual(["a", "b"]);
  });
});

describe("channels", () => {
  const channels = [channel("a1", "A"), channel("x"), channel("b1", "B"), channel("a2", "A"), channel("b2", "B")];

  test("stand together under their headings, those without one first", () => {
    expect(groupsOf(channels).map(({ category, channels }) => [category, channels.map(({ id }) => id)])).toEqual([
      [null, ["x"]],
      ["A", ["a1", "a2"]],
      ["B", ["b1", "b2"]],
    ]);
  });

  test("move within their group, and the order names all of them as they are shown", () => {
    expect(orderAfter(channels, { channelId: "a2" }, "up")).toEqual(["x", "a2", "a1", "b1", "b2"]);
    expect(orderAfter(channels, { channelId: "a1" }, "up")).toEqual(["x", "a1", "a2", "b1", "b2"]);
  });

  test("move with their whole group", () => {
    expect(orderAfter(channels, { category: "B" }, "up")).toEqual(["x", "b1", "b2", "a1", "a2"]);
    expect(orderAfter(channels, { category: "A" }, "up")).toEqual(["x", "a1", "a2", "b1", "b2"]);
  });
});
