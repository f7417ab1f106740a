/** All numbers of a format, by its definition in float64; and bits. */
import type { Format } from "../../../runtime/precision/format.ts";

/** The numbers from 0 of a format with few bits, in order; the last is 2^(emax + 1), which stands for infinity. */
export function numbersOf({ exponent, mantissa }: Pick<Format, "exponent" | "mantissa">): number[] {
  const bias = 2 ** (exponent - 1) - 1, values: number[] = [];
  for (let field = 0; field < 2 ** exponent - 1; field++) {
    for (let fraction = 0; fraction < 2 ** mantissa; fraction++) {
      const significand = fraction / 2 ** mantissa + (field === 0 ? 0 : 1);
      values.push(significand * 2 ** (Math.max(field, 1) - bias));
    }
  }
  return [...values, 2 ** (bias + 1)];
}

/** The two numbers around a size, equal where it is one of them, with their places. */
export function around(numbers: readonly number[], size: number): { below: number; above: number } {
  let below = 0, above = numbers.length - 1;
  if (size >= numbers[above]) return { below: above, above };
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    if (numbers[middle] <= size) below = middle;
    else above = middle;
  }
  return { below, above: numbers[below] === size ? below : above };
}

/** The nearest number of the format; of two the one with an even place, whose last bit is 0. */
export function nearest(numbers: readonly number[], x: number): number {
  if (Number.isNaN(x)) return NaN;
  const size = Math.abs(x), { below, above } = around(numbers, size);
  const [down, up] = [size - numbers[below], numbers[above] - size]; // exact: both are near to each other
  const at = down < up || (down === up && below % 2 === 0) ? below : above;
  const value = at === numbers.length - 1 ? Infinity : numbers[at];
  return x < 0 || Object.is(x, -0) ? -value : value;
}

/** float32 numbers by their bits. */
export const ofBits = (bits: ArrayLike<number>) => new Float32Array(Uint32Array.from(bits).buffer);

/** Their bits, where every NaN is the same one. */
export const bitsOf = (values: Float32Array) =>
  Array.from(
    new Uint32Array(values.buffer, values.byteOffset, values.length),
    (bits, i) => Number.isNaN(values[i]) ? 0x7fc00000 : bits,
  );

/** So many random patterns of bits, the same ones each time. */
export function randomBits(count: number): Uint32Array {
  let state = 1;
  return Uint32Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    return state ^= state << 5;
  });
}
