/**
 * Pictures that show themselves.
 * @module
 */
import { picture } from "./vega.ts";
import { type Displayable, displayable } from "./displayable.ts";

/** A picture, which shows itself as the last value of a notebook's cell. */
export interface Picture extends Displayable {
  /** Draws it: an SVG document. */
  svg(): Promise<string>;
}

/** The picture that `svg` draws; `text` stands in for it where there are no pictures. */
export function displayablePicture(svg: () => Promise<string>, text: () => Promise<string>): Picture {
  return {
    svg,
    ...displayable(async () => ({ "image/svg+xml": await svg(), "text/plain": await text() })),
  };
}

/**
 * Diagrams in this library's colours and fonts, one below the other, for what {@linkcode curves} does not draw.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { diagrams } from "@amortized/apo";
 *
 * const parabola = {
 *   title: "A parabola",
 *   width: 200,
 *   data: { values: [-2, -1, 0, 1, 2].map((x) => ({ x, y: x * x })) },
 *   mark: "line",
 *   encoding: { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" } },
 * };
 * const svg = await diagrams("A parabola", [parabola]).svg();
 * assert(svg.startsWith("<svg"));
 * ```
 *
 * @param text What the picture shows, for where there are no pictures.
 * @param specs Views of Vega-Lite 6, each with its data.
 */
export function diagrams(text: string, specs: readonly object[]): Picture {
  return displayablePicture(() => picture(specs), () => Promise.resolve(text));
}
