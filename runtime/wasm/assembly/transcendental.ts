// exp, tanh, sigmoid and softplus, four numbers at a time. Only additions, multiplications and divisions that round as IEEE
// 754 says, so that every processor gives the same bits, also in the relaxed build.

@inline
function splat(x: f32): v128 {
  return f32x4.splat(x);
}

// a x + b
@inline
function next(a: v128, x: v128, b: f32): v128 {
  return f32x4.add(f32x4.mul(a, x), splat(b));
}

// 1.5 · 2²³: added, it leaves a number's nearest integer in the last bits.
const ROUND: f32 = 12582912;

// e^x = 2^n e^r with |r| ≤ ½ log 2, and e^r by its Taylor polynomial; ln 2 in two parts, of which the first has trailing
// zeros, so that n times it is exact. Below 2⁻¹²⁶ it is 0, beyond float32 infinite.
@inline
export function exp(x: v128): v128 {
  const clamped = f32x4.pmax(f32x4.pmin(x, splat(89)), splat(-104)); // NaN stays NaN
  const shifted = next(splat(1.44269504), clamped, ROUND), n = f32x4.sub(shifted, splat(ROUND));
  const r = f32x4.sub(f32x4.sub(clamped, f32x4.mul(n, splat(0.693359375))), f32x4.mul(n, splat(-2.12194440e-4)));
  let p = next(splat(1.0 / 5040), r, 1.0 / 720);
  p = next(p, r, 1.0 / 120);
  p = next(p, r, 1.0 / 24);
  p = next(p, r, 1.0 / 6);
  p = next(p, r, 0.5);
  p = next(p, r, 1);
  p = next(p, r, 1);
  // in two factors, as 2^n alone may not be a number of float32 although the product is
  const whole = i32x4.sub(shifted, splat(ROUND)), half = i32x4.shr_s(whole, 1), rest = i32x4.sub(whole, half);
  return f32x4.mul(f32x4.mul(p, power(half)), power(rest));
}

// 2^n
@inline
function power(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

// 1 / (1 + e^−x)
@inline
export function sigmoid(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp(f32x4.neg(x))));
}

// x P(x²) / Q(x²), P and Q fitted to a relative error of 2e-8 up to 9.02, where tanh is 1 in float32; rounding makes that 3.5e-7.
@inline
export function tanh(x: v128): v128 {
  const clamped = f32x4.pmax(f32x4.pmin(x, splat(9.02)), splat(-9.02)); // NaN stays NaN
  const square = f32x4.mul(clamped, clamped);
  let p = next(splat(1.33187683e-8), square, 2.05832566e-5);
  p = next(p, square, 3.49402078e-3);
  p = next(p, square, 0.133797064);
  p = next(p, square, 1);
  let q = next(splat(7.76189324e-7), square, 3.28307040e-4);
  q = next(q, square, 2.58710217e-2);
  q = next(q, square, 0.467130214);
  q = next(q, square, 1);
  return f32x4.pmax(f32x4.pmin(f32x4.div(f32x4.mul(clamped, p), q), splat(1)), splat(-1));
}

// log(1 + y) for 0 ≤ y ≤ 1, as 2 artanh(z) with z = y / (2 + y) ≤ ⅓, by its series.
@inline
export function log1p(y: v128): v128 {
  const z = f32x4.div(y, f32x4.add(y, splat(2))), square = f32x4.mul(z, z);
  let p = next(splat(2.0 / 15), square, 2.0 / 13);
  p = next(p, square, 2.0 / 11);
  p = next(p, square, 2.0 / 9);
  p = next(p, square, 2.0 / 7);
  p = next(p, square, 2.0 / 5);
  p = next(p, square, 2.0 / 3);
  p = next(p, square, 2);
  return f32x4.mul(p, z);
}

// log(1 + e^x) = max(x, 0) + log(1 + e^−|x|)
@inline
export function softplus(x: v128): v128 {
  return f32x4.add(f32x4.max(x, splat(0)), log1p(exp(f32x4.neg(f32x4.abs(x)))));
}

// log x for x = 2^n m > 0 with √½ ≤ m < √2, as n log 2 + 2 artanh((m − 1) / (m + 1)); NaN for NaN.
@inline
export function log(x: v128): v128 {
  const n = i32x4.shr_s(i32x4.sub(x, i32x4.splat(0x3f3504f3)), 23), m = i32x4.sub(x, i32x4.shl(n, 23));
  const z = f32x4.div(f32x4.sub(m, splat(1)), f32x4.add(m, splat(1))), square = f32x4.mul(z, z);
  let p = next(splat(2.0 / 9), square, 2.0 / 7);
  p = next(p, square, 2.0 / 5);
  p = next(p, square, 2.0 / 3);
  p = next(p, square, 2);
  const result = f32x4.add(f32x4.mul(p, z), f32x4.mul(f32x4.convert_i32x4_s(n), splat(0.69314718)));
  return v128.bitselect(result, x, f32x4.lt(x, splat(Infinity))); // infinity and NaN stay what they are
}
