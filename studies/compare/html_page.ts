/**
 * Pieces of a page.
 * @module
 */
import { text } from "../../display/html.ts";

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
