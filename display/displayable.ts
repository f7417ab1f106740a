/**
 * Values that show themselves in a notebook.
 * @module
 */

/** One thing in several formats, by MIME type; `text/plain` is always there. A frontend takes the richest that it can show. */
export type Formats = { readonly "text/plain": string } & Readonly<Record<string, string>>;

/** Under this name Jupyter kernels of JavaScript look for what a cell's last value shows. */
export const jupyterDisplay: unique symbol = Symbol.for("Jupyter.display");

/** A value that shows itself as a picture or a table where it is the last one of a notebook's cell. */
export interface Displayable {
  /** What a notebook shows. Nothing is drawn, and nothing that draws is loaded, before it is called. */
  readonly [jupyterDisplay]: () => Promise<Formats>;
}

/** The part of a value that shows it: `{ ...value, ...displayable(formats) }`. */
export function displayable(formats: () => Promise<Formats>): Displayable {
  return { [jupyterDisplay]: formats };
}
