/**
 * Formats of floating-point numbers with fewer bits than float32.
 * @module
 */
import { UserError } from "../errors.ts";

/**
 * A format as IEEE 754 describes one: a sign, an exponent with the bias 2^(e − 1) − 1, and a significand whose leading 1 is not
 * stored, with subnormal numbers, infinities and NaN. float32 has 8 and 23 bits.
 */
export interface Format {
  /** Its name, such as `bf16`. */
  readonly name: string;
  /** Bits of the exponent. */
  readonly exponent: number;
  /** Bits of the significand that are stored. */
  readonly mantissa: number;
}

/** bfloat16: the upper half of a float32. */
export const BF16: Format = { name: "bf16", exponent: 8, mantissa: 7 };

/** float16, IEEE 754's binary16: from 6·10⁻⁸ to 65504. */
export const F16: Format = { name: "f16", exponent: 5, mantissa: 10 };

/**
 * The format of a name: `bf16`, `f16`, or its bits of exponent and mantissa, such as `e8m7` or `e4m3`.
 *
 * @throws `UserError` for other names, and unless it has 2 to 8 bits of exponent and 1 to 23 of mantissa.
 */
export function formatNamed(name: string): Format {
  return findFormat(name) ?? refuseFormat(name);
}

/** As {@linkcode formatNamed}; undefined for other names. */
export function findFormat(name: string): Format | undefined {
  const known = [BF16, F16].find((format) => format.name === name);
  if (known) return known;
  const [, exponent, mantissa] = /^e([2-8])m([1-9]|1\d|2[0-3])$/.exec(name) ?? [];
  return exponent ? { name, exponent: Number(exponent), mantissa: Number(mantissa) } : undefined;
}

/** @throws `UserError` that says which formats there are. */
export function refuseFormat(value: unknown): never {
  const remedy = "give bf16, f16, or a name such as e8m7, with 2 to 8 bits of exponent and 1 to 23 of mantissa";
  throw new UserError({ argument: "precision", value, remedy });
}

/** The largest number of a format. */
export function largestOf({ exponent, mantissa }: Format): number {
  return (2 - 2 ** -mantissa) * 2 ** (2 ** (exponent - 1) - 1);
}

/** What rounding a float32 to a format needs to know. Sizes are the bits of a float32 without a sign, which are in the order of the numbers. */
export interface Bounds {
  /** How many bits of a normal number's significand the format lacks. */
  readonly dropped: number;
  /** The size of the least normal number. 0 where the exponent is as wide as float32's: subnormal numbers then need no care. */
  readonly least: number;
  /** The size of the power of two that follows the largest number: from there on everything is infinite. */
  readonly limit: number;
  /** log₂ of the least subnormal number. */
  readonly step: number;
}

/** The {@linkcode Bounds} of a format. */
export function boundsOf({ exponent, mantissa }: Format): Bounds {
  const bias = 2 ** (exponent - 1) - 1;
  return {
    dropped: 23 - mantissa,
    least: exponent === 8 ? 0 : (128 - bias) << 23,
    limit: (128 + bias) << 23,
    step: 1 - bias - mantissa,
  };
}
