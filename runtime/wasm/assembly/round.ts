// Rounding to formats with fewer bits than float32, as `runtime/precision/round.ts` says. The operations are of integers, or of
// floats as IEEE 754 rounds them, so that every processor gives the same bits, also in the relaxed build.
import { get, put } from "./lanes";

const SIZE: i32 = 0x7fffffff, INFINITE: i32 = 0x7f800000; // all bits but the sign; those of infinity

@inline
function biasOf(exponent: i32): i32 {
  return (1 << (exponent - 1)) - 1;
}

// All bits where x is NaN, which is a NaN.
@inline
function nans(x: v128): v128 {
  return f32x4.ne(x, x);
}

@inline
function isFinite4(largest: v128): i32 {
  return i32(!v128.any_true(i32x4.ge_u(largest, i32x4.splat(INFINITE))));
}

/** out ← the nearest numbers, ties to even; out may be x. Whether all of them are finite. */
export function roundNearest(x: usize, count: i32, exponent: i32, mantissa: i32, out: usize): i32 {
  if (exponent == 8) return wide(x, count, 23 - mantissa, out);
  return mantissa == 23 ? narrow(true, x, count, exponent, mantissa, out) : narrow(false, x, count, exponent, mantissa, out);
}

// float32's own exponent: a carry goes from the significand to the exponent, and so to infinity, by itself.
function wide(x: usize, count: i32, dropped: i32, out: usize): i32 {
  const half = i32x4.splat(dropped > 0 ? (1 << (dropped - 1)) - 1 : 0), one = i32x4.splat(i32(dropped > 0));
  const kept = i32x4.splat(-1 << dropped);
  let largest = i32x4.splat(0);
  for (let i = 0; i < count; i += 4) {
    const at = <usize> i << 2, left = count - i, number = get(x + at, left, 0);
    const odd = v128.and(i32x4.shr_u(number, dropped), one);
    const sum = i32x4.add(i32x4.add(number, half), odd);
    const rounded = v128.or(v128.and(sum, kept), nans(number));
    largest = i32x4.max_u(largest, v128.and(rounded, i32x4.splat(SIZE)));
    put(out + at, rounded, left);
  }
  return isFinite4(largest);
}

// A narrower exponent. (x + c) − c leaves multiples of the last bit of x + c, rounded as IEEE 754 says, where c is a power of two with
// x < c: c is chosen so that these are the numbers of the format, of which the subnormal ones have one distance. With all 23 bits of the
// mantissa there is no such c for normal numbers; but those need no rounding.
@inline
function narrow(full: bool, x: usize, count: i32, exponent: i32, mantissa: i32, out: usize): i32 {
  const bias = biasOf(exponent), least = i32x4.splat((128 - bias) << 23), limit = i32x4.splat((128 + bias) << 23);
  const size = i32x4.splat(SIZE), infinite = i32x4.splat(INFINITE), dropped = i32x4.splat((23 - mantissa) << 23);
  let largest = i32x4.splat(0);
  for (let i = 0; i < count; i += 4) {
    const at = <usize> i << 2, left = count - i, number = get(x + at, left, 0);
    const a = f32x4.pmin(v128.and(number, size), limit); // NaN stays NaN
    const c = i32x4.add(i32x4.max_s(v128.and(a, infinite), least), dropped);
    let rounded = f32x4.sub(f32x4.add(a, c), c);
    if (full) rounded = v128.bitselect(rounded, a, i32x4.lt_s(a, least));
    rounded = v128.or(rounded, v128.and(f32x4.ge(rounded, limit), infinite)); // a power of two has no other bits
    largest = i32x4.max_u(largest, rounded);
    put(out + at, v128.or(rounded, v128.andnot(number, size)), left);
  }
  return isFinite4(largest);
}

/** out ← x rounded up or down by chance, numbers in [0, 1); out may be x. Whether all of it is finite. */
export function roundByChance(x: usize, chance: usize, count: i32, exponent: i32, mantissa: i32, out: usize): i32 {
  const bias = biasOf(exponent), dropped = 23 - mantissa, least = i32x4.splat(exponent == 8 ? 0 : (128 - bias) << 23);
  const limit = i32x4.splat((128 + bias) << 23), kept = i32x4.splat(-1 << dropped), all = f32x4.splat(<f32> (1 << 24));
  const steps = mantissa - 1 + bias; // log₂ of how many of the distances of subnormal numbers make 1; unused for 8 bits of exponent
  const perOne = i32x4.splat((127 + steps) << 23), step = i32x4.splat((127 - steps) << 23);
  const fraction = f32x4.splat(<f32> (1 << dropped)), size = i32x4.splat(SIZE), infinite = i32x4.splat(INFINITE);
  let largest = i32x4.splat(0);
  for (let i = 0; i < count; i += 4) {
    const at = <usize> i << 2, left = count - i, number = get(x + at, left, 0), a = v128.and(number, size);
    const u = get(chance + at, left, 0);
    const sum = v128.and(i32x4.add(a, i32x4.trunc_sat_f32x4_s(f32x4.mul(u, fraction))), kept);
    const normal = v128.bitselect(infinite, sum, i32x4.ge_s(sum, limit));
    const many = f32x4.mul(a, perOne), whole = f32x4.floor(many);
    const rest = i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.sub(many, whole), all));
    const carry = i32x4.shr_u(i32x4.add(rest, i32x4.trunc_sat_f32x4_s(f32x4.mul(u, all))), 24);
    const subnormal = f32x4.mul(f32x4.add(whole, f32x4.convert_i32x4_s(carry)), step);
    const rounded = v128.or(v128.bitselect(subnormal, normal, i32x4.lt_s(a, least)), nans(number));
    largest = i32x4.max_u(largest, v128.and(rounded, size));
    put(out + at, v128.or(rounded, v128.andnot(number, size)), left);
  }
  return isFinite4(largest);
}
