/**
 * Curves that show themselves.
 * @module
 */
import { curvesSvg, type Panel } from "./curves_svg.ts";
import { displayablePicture, type Picture } from "./picture.ts";

const TEXT_WIDTH = 72;

/**
 * Training curves: panels one below the other, over the same steps. Values that are not finite, and on a log scale those ≤ 0, are
 * left out.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { curves } from "@amortized/apo";
 *
 * const points = [1, 0.5, 0.25].map((value, step) => ({ step, value }));
 * const picture = curves([{ title: "Loss", y: "loss", scale: "log", series: [{ name: "apo", points }] }]);
 * assert((await picture.svg()).includes("Loss"));
 * ```
 */
export function curves(panels: readonly Panel[]): Picture {
  return displayablePicture(() => curvesSvg(panels), async () => {
    const { terminalLines } = await import("./terminal_chart.ts");
    return panels.map(({ title, scale, series }) => {
      const names = series.length > 1 ? `${title}: ${series.map(({ name }) => name).join(", ")}` : title;
      return terminalLines(names, series.map(({ points }) => points), { width: TEXT_WIDTH, log: scale === "log" });
    }).join("\n\n");
  });
}
