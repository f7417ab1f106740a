/**
 * What tuning found, in words.
 * @module
 */
import { settingOptions } from "../../optimizers/catalogue/options.ts";
import { flagOf, flagWords } from "../../runtime/option.ts";
import type { OptimizerResult } from "./results.ts";

const DIGITS = 6;

/** As flags of `train`: `--lr=0.01 --schedule=cosine`. */
export function valuesText(values: object): string {
  const rounded = (value: unknown) => typeof value === "number" ? Number(value.toPrecision(DIGITS)) : value;
  const entries = Object.entries(values).map(([setting, value]) => [setting, rounded(value)]);
  return flagWords(settingOptions, Object.fromEntries(entries)).join(" ");
}

/** For each optimizer that was tuned its name, and the values found, with a warning where more trials would find better ones. */
export function tuningFound(optimizers: readonly OptimizerResult[]): [name: string, found: string][] {
  return optimizers.flatMap(({ name, tuning }): [string, string][] => {
    if (!tuning) return [];
    if (!tuning.best) return [[name, "nothing to tune"]];
    const border = Object.entries(tuning.inside).filter(([, inside]) => !inside).map(([setting]) => setting);
    const warning = border.length > 0
      ? ` (${
        border.map((setting) => `--${flagOf(setting, settingOptions)}`).join(", ")
      } at the border of the grid: give more --trials)`
      : "";
    return [[name, `${valuesText(tuning.best.values)}${warning}`]];
  });
}
