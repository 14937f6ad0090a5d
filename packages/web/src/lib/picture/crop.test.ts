import fc from "fast-check";
import { expect, test } from "vitest";
import { moved, squareOf, WHOLE, within, ZOOM } from "./crop";

const wide = { width: 400, height: 100 };

test("the whole is the largest square in the middle", () => {
  expect(squareOf(wide, WHOLE)).toEqual({ left: 150, top: 0, side: 100 });
});

test("twice as near is half as much, around the same middle", () => {
  expect(squareOf(wide, { ...WHOLE, zoom: 2 })).toEqual({ left: 175, top: 25, side: 50 });
});

test("a move ends at the edge", () => {
  expect(squareOf(wide, moved(wide, WHOLE, 0.5, 0.5))).toEqual({ left: 200, top: 0, side: 100 });
  expect(squareOf(wide, moved(wide, WHOLE, 9, 0))).toEqual({ left: 300, top: 0, side: 100 });
});

test("whatever is wished, what is shown is in the image, and a view that is in it stays", () => {
  const size = fc.integer({ min: 1, max: 10_000 });
  const number = fc.double({ min: -10, max: 10, noNaN: true });
  fc.assert(
    fc.property(size, size, number, number, number, (width, height, x, y, zoom) => {
      const extent = { width, height };
      const view = within(extent, { x, y, zoom });
      const { left, top, side } = squareOf(extent, view);
      const rounding = 1e-6 * Math.max(width, height);
      expect(view.zoom).toBeGreaterThanOrEqual(ZOOM.min);
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(-rounding);
      expect(left + side).toBeLessThanOrEqual(width + rounding);
      expect(top + side).toBeLessThanOrEqual(height + rounding);
      const again = within(extent, view);
      expect(Math.abs(again.x - view.x) + Math.abs(again.y - view.y)).toBeLessThan(1e-9);
    }),
  );
});
