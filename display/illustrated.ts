/**
 * A table with a picture.
 * @module
 */
import { jupyterDisplay } from "./displayable.ts";
import type { Formats } from "./displayable.ts";
import { text } from "./html.ts";
import type { Picture } from "./picture.ts";
import type { Table } from "./table.ts";

/** The picture below the table. As an image and not as part of the page: notebooks take SVG out of HTML that they do not trust. */
export async function illustrated(table: Table, picture: Picture): Promise<Formats> {
  const [numbers, drawn] = await Promise.all([table[jupyterDisplay](), picture[jupyterDisplay]()]);
  const svg = drawn["image/svg+xml"];
  const image = `<img alt="curves" src="data:image/svg+xml,${text(encodeURIComponent(svg))}">`;
  return {
    "text/html": `${numbers["text/html"]}\n${image}`,
    "image/svg+xml": svg,
    "text/plain": `${numbers["text/plain"]}\n\n${drawn["text/plain"]}`,
  };
}
