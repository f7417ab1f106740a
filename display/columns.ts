/**
 * Text in columns.
 * @module
 */

/** How columns stand. */
export interface ColumnsOptions {
  /** The columns that end at the same place, by number; the others begin there. */
  readonly right?: readonly number[];
  /** Makes a cell that is already as wide as its column stand out. */
  readonly style?: (padded: string, row: number, column: number) => string;
}

/** Lines of cells, all with as many, as indented lines of text with two spaces between columns. */
export function columns(lines: readonly (readonly string[])[], options: ColumnsOptions = {}): string {
  const { right = [], style = (padded) => padded } = options;
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const padded = (cell: string, column: number) =>
    right.includes(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]);
  return lines.map((line, row) =>
    `  ${line.map((cell, column) => style(padded(cell, column), row, column)).join("  ")}`.trimEnd()
  ).join("\n");
}
