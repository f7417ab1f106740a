/**
 * Tables of numbers as text: a line of names, then a line of numbers for each row, with commas between.
 * @module
 */
import { UserError } from "../runtime/errors.ts";

/** A table of numbers. */
export interface Table {
  /** The names of the columns. */
  readonly columns: readonly string[];
  /** How many. */
  readonly rows: number;
  /** `[rows, columns]`, row-major. */
  readonly values: Float64Array;
}

const SHOWN = 20; // characters of a wrong value: it may be anything, also long

/**
 * Reads a table. Names may be in quotes; lines may end as on Windows; the last may be empty.
 *
 * @param name what to call the file in an error, such as its path
 * @throws `UserError` naming the file, the line, the column and the value: a value that is no finite number, a line with more
 * or fewer values than there are names, a file without rows
 */
export function parseTable(text: string, name: string): Table {
  const [head, ...lines] = text.trimEnd().split("\n");
  const columns = head.split(",").map((word) => word.trim().replace(/^"(.*)"$/, "$1"));
  if (lines.length === 0) throw new UserError(`${name} has no rows of numbers; ${REMEDY}`);
  const values = new Float64Array(lines.length * columns.length);
  let at = 0;
  lines.forEach((line, row) => {
    const cells = line.split(","), place = `${name}, line ${row + 2}`;
    if (cells.length !== columns.length) {
      throw new UserError(`${place}: ${cells.length} values, but there are ${columns.length} columns; ${REMEDY}`);
    }
    cells.forEach((cell, column) => {
      const value = Number(cell);
      if (!Number.isFinite(value) || value === 0 && cell.trim() === "") {
        const shown = JSON.stringify(cell.trim().slice(0, SHOWN));
        throw new UserError(`${place}, column ${columns[column]}: ${shown} is no number; ${REMEDY}`);
      }
      values[at++] = value;
    });
  });
  return { columns, rows: lines.length, values };
}

const REMEDY = "mend it, or download the file again";
