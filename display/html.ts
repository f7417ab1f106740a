/**
 * Tables and text as HTML has them.
 * @module
 */
import type { Cells } from "./cells.ts";

/** Text that stays text. */
export function text(plain: string): string {
  return plain.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** A table; the best in bold. */
export function htmlTable({ heads, rows }: Cells): string {
  const line = (cells: readonly string[]) => `<tr>${cells.join("")}</tr>`;
  const body = rows.map((row) =>
    line(row.map((cell) => `<td>${cell.best ? `<strong>${text(cell.text)}</strong>` : text(cell.text)}</td>`))
  );
  return `<table>\n${[line(heads.map((head) => `<th>${text(head)}</th>`)), ...body].join("\n")}\n</table>`;
}
