/**
 * Pieces of a page.
 * @module
 */
import type { Table } from "../trials/table.ts";

/** Text as HTML has it. */
export function text(plain: string): string {
  return plain.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** A picture and what it shows. */
export function figure(svg: string, caption: string): string {
  return `<figure>\n${svg}\n<figcaption>${text(caption)}</figcaption>\n</figure>`;
}

/** Lines of small print. */
export function paragraph(lines: readonly string[]): string {
  return `<p class="note">${lines.map(text).join("<br>\n")}</p>`;
}

/** Lines with a dot each. */
export function list(lines: readonly string[]): string {
  return `<ul>\n${lines.map((line) => `<li>${text(line)}</li>`).join("\n")}\n</ul>`;
}

/** A table; the best in bold. */
export function htmlTable({ heads, rows }: Table): string {
  const line = (cells: readonly string[]) => `<tr>${cells.join("")}</tr>`;
  const body = rows.map((row) =>
    line(row.map((cell) => `<td>${cell.best ? `<strong>${text(cell.text)}</strong>` : text(cell.text)}</td>`))
  );
  return `<table>\n${[line(heads.map((head) => `<th>${text(head)}</th>`)), ...body].join("\n")}\n</table>`;
}
