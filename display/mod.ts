/**
 * Tables, curves and diagrams, which show themselves in Jupyter.
 * @module
 */
export type { Panel, Series } from "./curves_svg.ts";
export { type Displayable, type Formats, jupyterDisplay } from "./displayable.ts";
export type { Cell } from "./cells.ts";
export * from "./table.ts";
export { diagrams, type Picture } from "./picture.ts";
export * from "./curves.ts";
export * from "./layer_table.ts";
