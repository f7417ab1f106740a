/**
 * Tables as plain text.
 * @module
 */
import { columns } from "./columns.ts";
import type { Cells } from "./cells.ts";

/** For a terminal; the best stands after a star where it cannot show bold type. */
export function terminalTable({ heads, rows }: Cells, bold: boolean): string {
  return columns([heads, ...rows.map((row) => row.map(({ text, best }) => best && !bold ? `* ${text}` : text))], {
    right: heads.keys().drop(1).toArray(),
    style: (padded, row, column) => bold && row > 0 && rows[row - 1][column].best ? `\x1b[1m${padded}\x1b[22m` : padded,
  });
}

/** As Markdown. */
export function markdownTable({ heads, rows }: Cells): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = heads.map((_, column) => column === 0 ? "---" : "---:");
  return [heads, rule, ...rows.map((row) => row.map(({ text, best }) => best ? `**${text}**` : text))].map(line).join(
    "\n",
  );
}
