/**
 * Tables that show themselves.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import type { Cell, Cells } from "./cells.ts";
import { type Displayable, displayable, type Formats } from "./displayable.ts";
import { htmlTable } from "./html.ts";

/** A table, which shows itself as the last value of a notebook's cell. */
export interface Table extends Displayable {
  /** The columns' names. */
  readonly heads: readonly string[];
  /** Numbers are shown with three digits. */
  readonly rows: readonly (readonly (string | number | Cell)[])[];
}

/**
 * A table of text and numbers.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { jupyterDisplay, table } from "@amortized/apo";
 *
 * const losses = table(["optimizer", "loss"], [["sgd", 0.51234], ["apo", 0.1]]);
 * const { "text/html": html } = await losses[jupyterDisplay]();
 * assert(html.includes("<td>0.512</td>"));
 * ```
 *
 * @param heads The columns' names.
 * @param rows As many cells each.
 * @throws `UserError` for a row with fewer or more cells than there are heads.
 */
export function table(heads: readonly string[], rows: Table["rows"]): Table {
  const odd = rows.findIndex((row) => row.length !== heads.length);
  if (odd >= 0) {
    throw new UserError(`table: rows[${odd}] has ${rows[odd].length} cells; give ${heads.length}, one for each head`);
  }
  return { heads, rows, ...displayable(() => tableFormats(heads, rows)) };
}

/** As HTML and as text in columns, in which what ought to be bold is not. */
async function tableFormats(heads: readonly string[], rows: Table["rows"]): Promise<Formats> {
  const { columns } = await import("./columns.ts"), { short } = await import("./numbers.ts");
  const cell = (value: string | number | Cell): Cell =>
    typeof value === "object" ? value : { text: typeof value === "number" ? short(value) : value };
  const cells: Cells = { heads, rows: rows.map((row) => row.map(cell)) };
  const right = heads.map((_, i) => i).filter((i) => rows.some((row) => typeof row[i] === "number"));
  const plain = [heads, ...cells.rows.map((row) => row.map(({ text }) => text))];
  return { "text/html": htmlTable(cells), "text/plain": columns(plain, { right }) };
}
