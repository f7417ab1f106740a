/**
 * Values of settings, in words.
 * @module
 */
import { argument, type Spell, written } from "../runtime/argument.ts";

const DIGITS = 6;

/** As `config.json` names them, `learningRate=0.01 schedule=cosine`, unless they are spelled otherwise. */
export function valuesText(values: object, spell?: Spell): string {
  const rounded = (value: unknown) => typeof value === "number" ? Number(value.toPrecision(DIGITS)) : value;
  const marked = Object.entries(values).filter(([, value]) => value !== undefined && value !== false)
    .map(([setting, value]) => argument(setting, rounded(value))).join(" ");
  return written(marked, spell);
}
