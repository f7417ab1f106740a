/**
 * How many bits of mantissa a method needs.
 * @module
 */
import { allEnded } from "../../turns.ts";
import { contested, trainLoss } from "../contest.ts";
import type { Diagram, Line } from "../diagram.ts";
import type { Laboratory } from "../laboratory.ts";
import type { TitledTable } from "../recipe.ts";
import { besides, type Twins } from "./twins.ts";

/** A method has fallen off where its final loss is above this times its float32 twin's. */
export const FALLEN = 1.5;

/** Trains each method with float32's exponent and so many bits of mantissa, as tuned in float32: one seed. y is over the float32 twin. */
export async function mantissaLines(
  laboratory: Laboratory,
  all: readonly Twins[],
  mantissas: readonly number[],
  steps: number,
): Promise<Line[]> {
  const [seed] = laboratory.seeds;
  return await allEnded(all.map(async ({ method: { name }, wide }) => {
    const points = await allEnded(mantissas.map(async (bits) => {
      const precision = `e8m${bits}`, narrow = besides(wide, { precision }), part = ` in ${precision}`;
      const { figures: [loss] } = await contested(laboratory, narrow, steps, trainLoss, { part, seed });
      return { x: bits, y: loss / wide.figures[0] };
    }));
    return { name, points };
  }));
}

/** The largest mantissa at which the loss is too high, training diverged or failed; undefined where there is none. */
export function fallsOff({ points }: Line): number | undefined {
  const fallen = points.filter(({ y }) => !(y <= FALLEN)).map(({ x }) => x);
  return fallen.length > 0 ? Math.max(...fallen) : undefined;
}

/** Where each method falls off in each situation. */
export function fallTable(
  cases: readonly { readonly name: string; readonly lines: readonly Line[] }[],
  mantissas: readonly number[],
): TitledTable {
  const text = (line: Line) => fallsOff(line)?.toString() ?? `holds down to ${Math.min(...mantissas)}`;
  return {
    title: `The most bits of mantissa with which the training loss is above × ${FALLEN} of the float32 twin's`,
    heads: ["method", ...cases.map(({ name }) => name)],
    rows: cases[0].lines.map((
      { name },
      i,
    ) => [{ text: name }, ...cases.map(({ lines }) => ({ text: text(lines[i]) }))]),
  };
}

/** The picture of a situation. */
export function mantissaDiagram(title: string, lines: readonly Line[]): Diagram {
  return { title, x: { title: "bits of mantissa" }, y: { title: "training loss over its float32 twin's" }, lines };
}
