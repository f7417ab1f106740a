/**
 * A model at a glance.
 * @module
 */
import type { Leaf, Model } from "../models/model.ts";
import { type Table, table } from "./table.ts";

/**
 * The layers of a model with the names and shapes of their parameters, and how many there are.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { layerTable, mlp } from "@amortized/apo";
 *
 * assertEquals(layerTable(mlp([784, 32, 10])).rows, [
 *   ["dense1", "kernel 784×32, bias 32", "25,120"],
 *   ["dense2", "kernel 32×10, bias 10", "330"],
 *   ["all", "", "25,450"],
 * ]);
 * ```
 */
export function layerTable({ leaves }: Model): Table {
  const size = ({ shape }: Leaf) => shape.reduce((product, n) => product * n, 1);
  const count = (of: readonly (readonly [string, Leaf])[]) =>
    of.reduce((sum, [, leaf]) => sum + size(leaf), 0).toLocaleString("en");
  const all = Object.entries(leaves);
  const layers = [...Map.groupBy(all, ([name]) => name.replace(/\/?[^/]*$/, "") || name)].map(([layer, own]) => {
    const shapes = own.map(([name, { shape }]) => `${name.replace(`${layer}/`, "")} ${shape.join("×")}`);
    return [layer, shapes.join(", "), count(own)];
  });
  return table(["layer", "parameters", "how many"], [...layers, ["all", "", count(all)]]);
}
