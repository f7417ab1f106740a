/**
 * What tuning found, in words.
 * @module
 */
import type { Spell } from "../../runtime/argument.ts";
import { valuesText } from "../values_text.ts";
import type { OptimizerResult } from "./results.ts";

/** For each optimizer that was tuned its name, and the values found, with a warning where more trials would find better ones. */
export function tuningFound(optimizers: readonly OptimizerResult[], spell?: Spell): [name: string, found: string][] {
  return optimizers.flatMap(({ name, tuning }): [string, string][] => {
    if (!tuning) return [];
    if (!tuning.best) return [[name, "nothing to tune"]];
    const border = Object.entries(tuning.inside).filter(([, inside]) => !inside).map(([setting]) => setting);
    const warning = border.length > 0 ? ` (${border.join(", ")} at the border of the grid: give more trials)` : "";
    return [[name, `${valuesText(tuning.best.values, spell)}${warning}`]];
  });
}
