/** Of an image that is cut to a square. */
export interface Extent {
  width: number;
  height: number;
}

/** What of an image is shown: its centre as a part of the whole, and by how much the largest square is magnified. */
export interface View {
  x: number;
  y: number;
  zoom: number;
}

export const ZOOM = { min: 1, max: 6 } as const;

export const WHOLE: View = { x: 0.5, y: 0.5, zoom: ZOOM.min };

/** A square in pixels of the image. */
export interface Square {
  left: number;
  top: number;
  side: number;
}

const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));

export const squareOf = ({ width, height }: Extent, { x, y, zoom }: View): Square => {
  const side = Math.min(width, height) / zoom;
  return { left: x * width - side / 2, top: y * height - side / 2, side };
};

/** The nearest view that has nothing beside the image in it. */
export function within(extent: Extent, { x, y, zoom }: View): View {
  const magnified = clamp(zoom, ZOOM.min, ZOOM.max);
  const half = Math.min(extent.width, extent.height) / magnified / 2;
  return {
    x: clamp(x, half / extent.width, 1 - half / extent.width),
    y: clamp(y, half / extent.height, 1 - half / extent.height),
    zoom: magnified,
  };
}

/** Moved by so many parts of what is shown: 1 is a whole width of it. */
export function moved(extent: Extent, view: View, dx: number, dy: number): View {
  const { side } = squareOf(extent, view);
  return within(extent, { ...view, x: view.x + (dx * side) / extent.width, y: view.y + (dy * side) / extent.height });
}
