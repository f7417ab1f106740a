/**
 * Rounding within compiled formulas: what `assembly/round.ts` does, as instructions.
 * @module
 */
import { boundsOf, type Format } from "../precision/format.ts";
import { get, set, simd, tee } from "./encode.ts";

/** Rounding of the vector on top of the stack. */
export interface Rounding {
  /** How many local variables it needs, all of them vectors. */
  readonly vectors: number;
  /** What is done once, before the loop. */
  readonly before: readonly number[];
  /** What is done with the vectors that go into operations. */
  readonly clean: readonly number[];
  /** What is done with their results. */
  readonly round: readonly number[];
}

const SIGN = 1 << 31, SIZE = 0x7fffffff, INFINITE = 0x7f800000;
const SHIFT_RIGHT = simd(0xad), INTEGER_ADD = simd(0xae), LESS = simd(0x39);
const SMALLER = simd(0xb6), SMALLER_UNSIGNED = simd(0xb7), LARGER = simd(0xb8);
const AND = simd(0x4e), AND_NOT = simd(0x4f), OR = simd(0x50), SELECT = simd(0x52);
const ADD = simd(0xe4), SUBTRACT = simd(0xe5), AT_LEAST = simd(0x46);

/**
 * Instructions that round to a format.
 *
 * @param format Without one there are none.
 * @param local The number of the first local variable that they may use.
 */
export function rounding(format: Format | undefined, local: number): Rounding {
  if (!format || (format.exponent === 8 && format.mantissa === 23)) {
    return { vectors: 0, before: [], clean: [], round: [] };
  }
  return format.exponent === 8 ? wide(format, local) : narrow(format, local);
}

/**
 * A carry of a NaN could go on to its sign, and it would be a 0. NaN that come from operations have a first bit and otherwise the bits of
 * those that go in, if any: so it is enough that these have but their last bit, which is two operations for each input.
 */
function wide(format: Format, local: number): Rounding {
  const { dropped } = boundsOf(format),
    [x, half, one, kept, nan, negativeNan] = [0, 1, 2, 3, 4, 5].map((i) => local + i);
  return {
    vectors: 6,
    before: [
      ...[...splat(half, (1 << (dropped - 1)) - 1), ...splat(one, 1), ...splat(kept, -1 << dropped)],
      ...[...splat(nan, INFINITE + 1), ...splat(negativeNan, SIGN + INFINITE + 1)],
    ],
    clean: [...get(nan), ...SMALLER, ...get(negativeNan), ...SMALLER_UNSIGNED], // in the order of integers NaN are the largest
    round: [
      ...[...tee(x), ...get(half), ...INTEGER_ADD],
      ...[...get(x), 0x41, dropped, ...SHIFT_RIGHT, ...get(one), ...AND, ...INTEGER_ADD, ...get(kept), ...AND],
    ],
  };
}

/** What becomes infinite is found beside, so that the way from x to the result is short: a formula waits for each of its operations. */
function narrow(format: Format, local: number): Rounding {
  const { dropped, least, limit } = boundsOf(format);
  const [x, c, over, size, infinite, smallest, tooLarge, beyond] = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => local + i);
  const constants = [
    ...[[size, SIZE], [infinite, INFINITE], [smallest, least], [tooLarge, limit - (1 << dropped >> 1)]],
    [beyond, (dropped << 23) + (dropped > 1 ? 1 << 22 : 0)],
  ];
  const field = [...get(x), ...get(infinite), ...AND], magnitude = [...get(x), ...get(size), ...AND];
  const a = dropped > 1 ? get(x) : magnitude;
  return {
    vectors: 8,
    before: constants.flatMap(([at, value]) => splat(at, value)),
    clean: [],
    round: [
      ...[...set(x), ...magnitude, ...get(tooLarge), ...AT_LEAST, ...set(over)],
      ...[...field, ...get(smallest), ...LARGER, ...get(beyond), ...INTEGER_ADD, ...set(c)],
      ...[...a, ...get(c), ...ADD, ...get(c), ...SUBTRACT],
      ...dropped === 0 ? [...a, ...field, ...get(smallest), ...LESS, ...SELECT] : [],
      ...[...get(over), ...AND_NOT, ...get(over), ...get(infinite), ...AND],
      ...[...get(x), ...get(size), ...AND_NOT, ...OR, ...OR],
    ],
  };
}

/** Four times a number of 32 bits, into a local variable. */
function splat(local: number, value: number): number[] {
  const bytes = [...new Uint8Array(new Int32Array(4).fill(value).buffer)];
  return [...simd(0x0c), ...bytes, ...set(local)];
}
