// Rounding to formats with fewer bits than float32, as `runtime/precision/round.ts` says. The operations are of integers, or of
// floats as IEEE 754 rounds them, so that every processor gives the same bits, also in the relaxed build.
import { get, put, sum } from "./lanes";

const SIZE: i32 = 0x7fffffff, INFINITE: i32 = 0x7f800000; // all bits but the sign; those of infinity

@inline
function biasOf(exponent: i32): i32 {
  return (1 << (exponent - 1)) - 1;
}

// A constant, hidden from the compiler behind a number that is not negative: what it sees is made anew for each vector, which takes
// half as long as the rounding.
@inline
function hidden(bits: i32, number: i32): v128 {
  return i32x4.splat(bits + (number >> 31));
}

// All bits where x is NaN, which is a NaN.
@inline
function nans(x: v128): v128 {
  return f32x4.ne(x, x);
}

/**
 * out ← the nearest numbers, ties to even; out may be x. 1 if all of them are finite; 0 if one is not, or their sum overflows.
 */
export function roundNearest(x: usize, count: i32, exponent: i32, mantissa: i32, out: usize): i32 {
  if (exponent == 8) return wide(x, count, 23 - mantissa, out);
  const dropped = 23 - mantissa;
  if (dropped == 0) return narrow(0, x, count, exponent, out);
  return dropped == 1 ? narrow(1, x, count, exponent, out) : narrow(dropped, x, count, exponent, out);
}

// With float32's own exponent a carry goes from the significand to the exponent, and so to infinity, by itself.
function wide(x: usize, count: i32, dropped: i32, out: usize): i32 {
  const half = i32x4.splat(dropped > 0 ? (1 << (dropped - 1)) - 1 : 0), one = i32x4.splat(i32(dropped > 0));
  const kept = i32x4.splat(-1 << dropped);
  let total = f32x4.splat(0), other = total, i = 0;
  for (; i + 8 <= count; i += 8) {
    const a = wideOf(v128.load(x), dropped, half, one, kept), b = wideOf(v128.load(x, 16), dropped, half, one, kept);
    v128.store(out, a);
    v128.store(out, b, 16);
    total = f32x4.add(total, a);
    other = f32x4.add(other, b);
    x += 32;
    out += 32;
  }
  for (; i < count; i += 4) {
    const a = wideOf(get(x, count - i, 0), dropped, half, one, kept);
    put(out, a, count - i);
    total = f32x4.add(total, a);
    x += 16;
    out += 16;
  }
  return i32(isFinite(sum(f32x4.add(total, other))));
}

@inline
function wideOf(x: v128, dropped: i32, half: v128, one: v128, kept: v128): v128 {
  const odd = v128.and(i32x4.shr_u(x, dropped), one);
  return v128.or(v128.and(i32x4.add(i32x4.add(x, half), odd), kept), nans(x));
}

// A narrower exponent. Where this is inlined `dropped` is a constant, if it is 0 or 1.
@inline
function narrow(dropped: i32, x: usize, count: i32, exponent: i32, out: usize): i32 {
  const bias = biasOf(exponent), least = i32x4.splat((128 - bias) << 23);
  const tooLarge = i32x4.splat(((128 + bias) << 23) - (1 << dropped >> 1)); // half a step below the limit
  const beyond = i32x4.splat((dropped << 23) + (dropped > 1 ? 1 << 22 : 0)); // times 2^dropped, or 1.5 · 2^dropped
  const infinite = hidden(INFINITE, exponent), size = hidden(SIZE, exponent);
  let total = f32x4.splat(0), other = total, i = 0;
  for (; i + 8 <= count; i += 8) {
    const a = narrowOf(dropped, v128.load(x), least, tooLarge, beyond, infinite, size);
    const b = narrowOf(dropped, v128.load(x, 16), least, tooLarge, beyond, infinite, size);
    v128.store(out, a);
    v128.store(out, b, 16);
    total = f32x4.add(total, a);
    other = f32x4.add(other, b);
    x += 32;
    out += 32;
  }
  for (; i < count; i += 4) {
    const a = narrowOf(dropped, get(x, count - i, 0), least, tooLarge, beyond, infinite, size);
    put(out, a, count - i);
    total = f32x4.add(total, a);
    x += 16;
    out += 16;
  }
  return i32(isFinite(sum(f32x4.add(total, other))));
}

// (x + c) − c leaves multiples of the last bit of x + c, rounded as IEEE 754 says. c is 1.5 times a power of two, and so large that
// these are the numbers of the format, of which the subnormal ones have one distance. With 22 bits of mantissa it would be too near to
// x: then x is taken without its sign, and c is a power of two. With 23 bits normal numbers need no rounding.
@inline
function narrowOf(dropped: i32, x: v128, least: v128, tooLarge: v128, beyond: v128, infinite: v128, size: v128): v128 {
  const field = v128.and(x, infinite), magnitude = v128.and(x, size), a = dropped > 1 ? x : magnitude;
  const c = i32x4.add(i32x4.max_s(field, least), beyond), over = f32x4.ge(magnitude, tooLarge); // not of NaN
  let rounded = f32x4.sub(f32x4.add(a, c), c);
  if (dropped == 0) rounded = v128.bitselect(rounded, a, i32x4.lt_s(field, least));
  return v128.or(v128.andnot(rounded, over), v128.or(v128.and(over, infinite), v128.andnot(x, size))); // the sign of a 0, too
}

/** out ← x rounded up or down by chance, numbers in [0, 1); out may be x. What it returns is as above. */
export function roundByChance(x: usize, chance: usize, count: i32, exponent: i32, mantissa: i32, out: usize): i32 {
  const bias = biasOf(exponent), dropped = 23 - mantissa, least = i32x4.splat(exponent == 8 ? 0 : (128 - bias) << 23);
  const limit = i32x4.splat((128 + bias) << 23), kept = i32x4.splat(-1 << dropped), all = f32x4.splat(<f32> (1 << 24));
  // log₂ of how many of the distances of subnormal numbers make 1; with 8 bits of exponent nothing needs it
  const steps = exponent == 8 ? 0 : mantissa - 1 + bias;
  const perOne = i32x4.splat((127 + steps) << 23), step = i32x4.splat((127 - steps) << 23);
  const fraction = f32x4.splat(<f32> (1 << dropped)), size = i32x4.splat(SIZE), infinite = i32x4.splat(INFINITE);
  let total = f32x4.splat(0);
  for (let i = 0; i < count; i += 4) {
    const at = <usize> i << 2, left = count - i, number = get(x + at, left, 0), a = v128.and(number, size);
    const u = get(chance + at, left, 0);
    const more = v128.and(i32x4.add(a, i32x4.trunc_sat_f32x4_s(f32x4.mul(u, fraction))), kept);
    const normal = v128.bitselect(infinite, more, i32x4.ge_s(more, limit));
    const many = f32x4.mul(a, perOne), whole = f32x4.floor(many);
    const rest = i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.sub(many, whole), all));
    const carry = i32x4.shr_u(i32x4.add(rest, i32x4.trunc_sat_f32x4_s(f32x4.mul(u, all))), 24);
    const subnormal = f32x4.mul(f32x4.add(whole, f32x4.convert_i32x4_s(carry)), step);
    const rounded = v128.or(v128.bitselect(subnormal, normal, i32x4.lt_s(a, least)), nans(number));
    total = f32x4.add(total, rounded);
    put(out + at, v128.or(rounded, v128.andnot(number, size)), left);
  }
  return i32(isFinite(sum(total)));
}
