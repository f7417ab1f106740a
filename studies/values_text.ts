/**
 * Values of settings, in words.
 * @module
 */
const DIGITS = 6;

/** As `config.json` names them: `learningRate=0.01 schedule=cosine`. */
export function valuesText(values: object): string {
  const rounded = (value: unknown) => typeof value === "number" ? Number(value.toPrecision(DIGITS)) : value;
  return Object.entries(values).filter(([, value]) => value !== undefined && value !== false)
    .map(([setting, value]) => `${setting}=${rounded(value)}`).join(" ");
}
