// Layer normalization, there and back, row by row: a row stays in the first cache, so that to read it again costs little. That is
// why the way back computes the row's mean and variance anew, and nothing is kept for it.
import { multiplyAdd } from "./fused";
import { get, put, sum } from "./lanes";

@inline
function meanOf(x: usize, columns: i32): f32 {
  const row = <usize> columns << 2;
  let s0 = f32x4.splat(0), s1 = s0, j: usize = 0;
  for (; j + 32 <= row; j += 32) {
    s0 = f32x4.add(s0, v128.load(x + j));
    s1 = f32x4.add(s1, v128.load(x + j, 16));
  }
  for (; j < row; j += 16) s0 = f32x4.add(s0, get(x + j, <i32> (row - j) >> 2, 0));
  return sum(f32x4.add(s0, s1)) / <f32> columns;
}

// 1 / √(σ² + ε)
@inline
function inverseOf(x: usize, columns: i32, mean: f32, epsilon: f64): f32 {
  const row = <usize> columns << 2, centre = f32x4.splat(mean);
  let s0 = f32x4.splat(0), s1 = s0, j: usize = 0;
  for (; j + 32 <= row; j += 32) {
    const d0 = f32x4.sub(v128.load(x + j), centre), d1 = f32x4.sub(v128.load(x + j, 16), centre);
    s0 = multiplyAdd(d0, d0, s0);
    s1 = multiplyAdd(d1, d1, s1);
  }
  for (; j < row; j += 16) {
    const d = f32x4.sub(get(x + j, <i32> (row - j) >> 2, mean), centre);
    s0 = multiplyAdd(d, d, s0);
  }
  return <f32> (1 / Math.sqrt(<f64> sum(f32x4.add(s0, s1)) / <f64> columns + epsilon));
}

// (x − mean) / √(σ² + ε). `width` is a constant 4 wherever it is inlined, but at the last columns.
@inline
function normal(x: usize, centre: v128, factor: v128, width: i32): v128 {
  return f32x4.mul(f32x4.sub(get(x, width, 0), centre), factor);
}

@inline
function affine(x: usize, centre: v128, factor: v128, scale: usize, shift: usize, width: i32, out: usize): void {
  put(out, multiplyAdd(normal(x, centre, factor, width), get(scale, width, 0), get(shift, width, 0)), width);
}

/** out ← (x − mean) / √(variance + epsilon) · scale + shift, with the mean and the biased variance of each row. */
export function layerNorm(x: usize, rows: i32, columns: i32, scale: usize, shift: usize, epsilon: f64, out: usize): void {
  const row = <usize> columns << 2;
  for (let i = 0; i < rows; i++) {
    const mean = meanOf(x, columns), centre = f32x4.splat(mean);
    const factor = f32x4.splat(inverseOf(x, columns, mean, epsilon));
    let j: usize = 0;
    for (; j + 16 <= row; j += 16) affine(x + j, centre, factor, scale + j, shift + j, 4, out + j);
    if (j < row) affine(x + j, centre, factor, scale + j, shift + j, <i32> (row - j) >> 2, out + j);
    x += row;
    out += row;
  }
}

// dy · scale; dy and dy x̂ are added to dShift and dScale.
@inline
function addSlope(dy: usize, own: v128, scale: usize, width: i32, dScale: usize, dShift: usize): v128 {
  const slope = get(dy, width, 0);
  put(dShift, f32x4.add(get(dShift, width, 0), slope), width);
  put(dScale, multiplyAdd(slope, own, get(dScale, width, 0)), width);
  return f32x4.mul(slope, get(scale, width, 0));
}

// (dy · scale − a − x̂ b) / √(σ² + ε)
@inline
function inputSlope(dy: usize, own: v128, scale: usize, factor: v128, a: v128, b: v128, width: i32, dx: usize): void {
  const g = f32x4.mul(get(dy, width, 0), get(scale, width, 0));
  put(dx, f32x4.mul(factor, f32x4.sub(f32x4.sub(g, a), f32x4.mul(own, b))), width);
}

/**
 * The way back through {@link layerNorm}, of the gradient of the output: dx, and dScale and dShift, the sums over the rows from the
 * first on. With g = dy · scale and the normalized x̂, dx = (g − mean(g) − x̂ mean(g x̂)) / √(variance + epsilon).
 */
export function layerNormGradient(
  dy: usize,
  x: usize,
  rows: i32,
  columns: i32,
  scale: usize,
  epsilon: f64,
  dx: usize,
  dScale: usize,
  dShift: usize,
): void {
  const row = <usize> columns << 2;
  memory.fill(dScale, 0, row);
  memory.fill(dShift, 0, row);
  for (let i = 0; i < rows; i++) {
    const mean = meanOf(x, columns), centre = f32x4.splat(mean);
    const factor = f32x4.splat(inverseOf(x, columns, mean, epsilon));
    let slopes = f32x4.splat(0), products = slopes, j: usize = 0;
    for (; j + 16 <= row; j += 16) {
      const own = normal(x + j, centre, factor, 4), g = addSlope(dy + j, own, scale + j, 4, dScale + j, dShift + j);
      slopes = f32x4.add(slopes, g);
      products = multiplyAdd(g, own, products);
    }
    if (j < row) {
      const left = <i32> (row - j) >> 2, own = normal(x + j, centre, factor, left);
      const g = addSlope(dy + j, own, scale + j, left, dScale + j, dShift + j); // 0 where nothing is left
      slopes = f32x4.add(slopes, g);
      products = multiplyAdd(g, own, products);
    }
    const a = f32x4.splat(sum(slopes) / <f32> columns), b = f32x4.splat(sum(products) / <f32> columns);
    for (j = 0; j + 16 <= row; j += 16) inputSlope(dy + j, normal(x + j, centre, factor, 4), scale + j, factor, a, b, 4, dx + j);
    if (j < row) {
      const left = <i32> (row - j) >> 2;
      inputSlope(dy + j, normal(x + j, centre, factor, left), scale + j, factor, a, b, left, dx + j);
    }
    dy += row;
    x += row;
    dx += row;
  }
}
