/** Where one is in sections of rows. */
export interface Cell {
  section: number;
  index: number;
}

/**
 * Where a key leads to. A section begins a new row, and its last row may be short: then the nearest cell of it is meant.
 * Undefined: the key is none of the grid's, or leads out of it at the top.
 */
export function moved(key: string, { section, index }: Cell, sizes: readonly number[], columns: number): Cell | undefined {
  const size = sizes[section] ?? 0;
  const column = index % columns;
  const lastRow = (count: number) => Math.floor((count - 1) / columns) * columns;
  switch (key) {
    case "ArrowRight":
      if (index + 1 < size) return { section, index: index + 1 };
      return section + 1 < sizes.length ? { section: section + 1, index: 0 } : { section, index };
    case "ArrowLeft":
      if (index > 0) return { section, index: index - 1 };
      return section > 0 ? { section: section - 1, index: (sizes[section - 1] ?? 1) - 1 } : { section, index };
    case "ArrowDown":
      if (index < lastRow(size)) return { section, index: Math.min(index + columns, size - 1) };
      return section + 1 < sizes.length
        ? { section: section + 1, index: Math.min(column, (sizes[section + 1] ?? 1) - 1) }
        : { section, index };
    case "ArrowUp": {
      if (index >= columns) return { section, index: index - columns };
      const above = sizes[section - 1];
      return above === undefined ? undefined : { section: section - 1, index: Math.min(lastRow(above) + column, above - 1) };
    }
    case "Home":
      return { section, index: index - column };
    case "End":
      return { section, index: Math.min(index - column + columns, size) - 1 };
    default:
      return undefined;
  }
}
