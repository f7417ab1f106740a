// The one-dimensional transforms of Winograd's F(4, 3): four outputs of a filter of 3 from six inputs, by six multiplications in
// place of twelve (Lavin & Gray 2016, arXiv 1509.09308). In the plane each is applied down the columns and along the rows.
import { multiplyAdd } from "./fused";

// Polynomials are interpolated at 0, ±A, ±B and ∞. With A = 1 and B = 2, as in that paper, errors are 4 to 5 times as large (with 16
// channels 4e-6 of the largest number in place of 8e-7, with 256 channels 1.5e-5 in place of 3e-6; plain sums: 4e-7, 8e-7).
const A: f32 = 0.70710678118654752, B: f32 = 1.4142135623730951, A2: f32 = 0.5, B2: f32 = 2; // A B = 1
// One over the derivatives of x (x² − A²) (x² − B²) at ±A and ±B; at 0 it is 1.
const AT_A: f32 = 1 / (2 * A2 * (A2 - B2)), AT_B: f32 = 1 / (2 * B2 * (B2 - A2));

@inline
function f(x: f32): v128 {
  return f32x4.splat(x);
}

/** Six neighbours of an image, to six vectors `step` bytes apart. */
@inline
export function putInput(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, to: usize, step: usize): void {
  const a = multiplyAdd(f(-B2), d2, d4), b = multiplyAdd(f(-B2), d1, d3);
  const c = multiplyAdd(f(-A2), d2, d4), e = multiplyAdd(f(-A2), d1, d3);
  v128.store(to, multiplyAdd(f(-A2 - B2), d2, f32x4.add(d0, d4)));
  v128.store(to + step, multiplyAdd(f(A), b, a));
  v128.store(to + 2 * step, multiplyAdd(f(-A), b, a));
  v128.store(to + 3 * step, multiplyAdd(f(B), e, c));
  v128.store(to + 4 * step, multiplyAdd(f(-B), e, c));
  v128.store(to + 5 * step, multiplyAdd(f(-A2 - B2), d3, f32x4.add(d1, d5)));
}

/** Six products, `step` bytes apart, to four outputs, `toStep` apart. */
@inline
export function putOutput(from: usize, step: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step), m3 = v128.load(from + 3 * step), m4 = v128.load(from + 4 * step);
  const s1 = f32x4.add(m1, m2), d1 = f32x4.sub(m1, m2), s2 = f32x4.add(m3, m4), d2 = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(v128.load(from), f32x4.add(s1, s2)));
  v128.store(to + toStep, multiplyAdd(f(B), d2, f32x4.mul(f(A), d1)));
  v128.store(to + 2 * toStep, multiplyAdd(f(B2), s2, f32x4.mul(f(A2), s1)));
  v128.store(to + 3 * toStep, multiplyAdd(f(B2 * B), d2, multiplyAdd(f(A2 * A), d1, v128.load(from + 5 * step))));
}

/** Three neighbours of a filter, to six vectors `step` bytes apart. */
@inline
export function putFilter(g0: v128, g1: v128, g2: v128, to: usize, step: usize): void {
  const a = multiplyAdd(f(A2 * AT_A), g2, f32x4.mul(f(AT_A), g0)), b = multiplyAdd(f(B2 * AT_B), g2, f32x4.mul(f(AT_B), g0));
  v128.store(to, g0);
  v128.store(to + step, multiplyAdd(f(A * AT_A), g1, a));
  v128.store(to + 2 * step, multiplyAdd(f(-A * AT_A), g1, a));
  v128.store(to + 3 * step, multiplyAdd(f(B * AT_B), g1, b));
  v128.store(to + 4 * step, multiplyAdd(f(-B * AT_B), g1, b));
  v128.store(to + 5 * step, g2);
}

/** Backwards: what {@link putOutput} makes of the gradients of four outputs, to six vectors `step` bytes apart. */
@inline
export function putOutputGradient(y0: v128, y1: v128, y2: v128, y3: v128, to: usize, step: usize): void {
  const a = multiplyAdd(f(A2), y2, y0), b = multiplyAdd(f(A2 * A), y3, f32x4.mul(f(A), y1));
  const c = multiplyAdd(f(B2), y2, y0), e = multiplyAdd(f(B2 * B), y3, f32x4.mul(f(B), y1));
  v128.store(to, y0);
  v128.store(to + step, f32x4.add(a, b));
  v128.store(to + 2 * step, f32x4.sub(a, b));
  v128.store(to + 3 * step, f32x4.add(c, e));
  v128.store(to + 4 * step, f32x4.sub(c, e));
  v128.store(to + 5 * step, y3);
}

/** Backwards: six gradients of what {@link putFilter} makes, `step` bytes apart, to those of the filter, `toStep` apart. */
@inline
export function putFilterGradient(from: usize, step: usize, to: usize, toStep: usize): void {
  const e1 = v128.load(from + step), e2 = v128.load(from + 2 * step), e3 = v128.load(from + 3 * step), e4 = v128.load(from + 4 * step);
  const s1 = f32x4.add(e1, e2), d1 = f32x4.sub(e1, e2), s2 = f32x4.add(e3, e4), d2 = f32x4.sub(e3, e4);
  const ends = multiplyAdd(f(AT_B), s2, f32x4.mul(f(AT_A), s1));
  v128.store(to, f32x4.add(v128.load(from), ends));
  v128.store(to + toStep, multiplyAdd(f(B * AT_B), d2, f32x4.mul(f(A * AT_A), d1)));
  v128.store(to + 2 * toStep, multiplyAdd(f(B2 * AT_B), s2, multiplyAdd(f(A2 * AT_A), s1, v128.load(from + 5 * step))));
}
