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
  /** What is done each time. */
  readonly round: readonly number[];
}

const SIZE = 0x7fffffff, INFINITE = 0x7f800000;
const SHIFT_RIGHT = simd(0xad), INTEGER_ADD = simd(0xae), INTEGER_LESS = simd(0x39), INTEGER_LARGER = simd(0xb8);
const AND = simd(0x4e), AND_NOT = simd(0x4f), OR = simd(0x50), SELECT = simd(0x52);
const ADD = simd(0xe4), SUBTRACT = simd(0xe5), NOT_EQUAL = simd(0x42), AT_LEAST = simd(0x46), SMALLER = simd(0xea);

/**
 * Instructions that round to a format.
 *
 * @param format Without one there are none.
 * @param local The number of the first local variable that they may use.
 */
export function rounding(format: Format | undefined, local: number): Rounding {
  if (!format || (format.exponent === 8 && format.mantissa === 23)) return { vectors: 0, before: [], round: [] };
  return format.exponent === 8 ? wide(format, local) : narrow(format, local);
}

function wide(format: Format, local: number): Rounding {
  const { dropped } = boundsOf(format), [x, half, one, kept] = [0, 1, 2, 3].map((i) => local + i);
  return {
    vectors: 4,
    before: [...splat(half, (1 << (dropped - 1)) - 1), ...splat(one, 1), ...splat(kept, -1 << dropped)],
    round: [
      ...[...tee(x), ...get(half), ...INTEGER_ADD],
      ...[...get(x), 0x41, dropped, ...SHIFT_RIGHT, ...get(one), ...AND, ...INTEGER_ADD, ...get(kept), ...AND],
      ...[...get(x), ...get(x), ...NOT_EQUAL, ...OR],
    ],
  };
}

function narrow(format: Format, local: number): Rounding {
  const { dropped, least, limit } = boundsOf(format);
  const [x, a, c, size, infinite, smallest, largest, shift] = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => local + i);
  const constants = [[size, SIZE], [infinite, INFINITE], [smallest, least], [largest, limit], [shift, dropped << 23]];
  const normal = [...get(a), ...get(a), ...get(smallest), ...INTEGER_LESS, ...SELECT];
  return {
    vectors: 8,
    before: constants.flatMap(([at, value]) => splat(at, value)),
    round: [
      ...[...tee(x), ...get(size), ...AND, ...get(largest), ...SMALLER, ...tee(a)],
      ...[...get(a), ...get(infinite), ...AND, ...get(smallest), ...INTEGER_LARGER, ...get(shift), ...INTEGER_ADD],
      ...[...tee(c), ...ADD, ...get(c), ...SUBTRACT, ...dropped === 0 ? normal : []],
      ...[...tee(a), ...get(a), ...get(largest), ...AT_LEAST, ...get(infinite), ...AND, ...OR],
      ...[...get(x), ...get(size), ...AND_NOT, ...OR],
    ],
  };
}

/** Four times a number of 32 bits, into a local variable. */
function splat(local: number, value: number): number[] {
  const bytes = [...new Uint8Array(new Int32Array(4).fill(value).buffer)];
  return [...simd(0x0c), ...bytes, ...set(local)];
}
