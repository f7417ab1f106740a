/**
 * Rows as grids: a line an optimizer, a column a size.
 * @module
 */
import { columns } from "../display/columns.ts";
import type { Place, Row } from "./figure.ts";

/** A row with a place. */
type Placed = Row & { readonly place: Place };

/** One grid an axis, with the median and half of what lies between the quartiles; `–` where nothing was measured. */
export function grids(rows: readonly Row[]): string {
  const placed = rows.filter((row): row is Placed => row.place !== undefined);
  const axes = Map.groupBy(placed, ({ place }) => place.axis);
  return [...axes].map(([axis, rows]) => grid(axis, rows)).join("\n\n");
}

function grid(axis: string, rows: readonly Placed[]): string {
  const sizes = [...new Set(rows.map(({ place }) => place.size))];
  const lines = [...Map.groupBy(rows, ({ place }) => place.optimizer)].map(([optimizer, rows]) => [
    optimizer,
    ...sizes.map((size) => {
      const row = rows.find(({ place }) => place.size === size);
      return row?.result ? cell(row.result) : "–";
    }),
  ]);
  return columns([[axis, ...sizes.map(String)], ...lines], { right: sizes.map((_, i) => i + 1) });
}

function cell({ median, low, high }: NonNullable<Row["result"]>): string {
  const digits = median < 100 ? 2 : 0;
  return low < high ? `${median.toFixed(digits)} ±${((high - low) / 2).toFixed(digits)}` : median.toFixed(digits);
}
