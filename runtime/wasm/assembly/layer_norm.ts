// Layer normalization: each row of a matrix by its own mean and variance. A row stays in the first cache from pass to pass, so the way
// back computes them anew.
import { multiplyAdd } from "./fused";
import { get, put, sum } from "./lanes";

// The mean of a row, added up in float64: what rounding it to float32 leaves is all that the distances from it are off.
@inline
function meanOf(x: usize, columns: i32): f32 {
  let low = f64x2.splat(0), high = low;
  for (let j = 0; j < columns; j += 4) {
    const four = get(x + (<usize> j << 2), columns - j, 0);
    low = f64x2.add(low, f64x2.promote_low_f32x4(four));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(four, four, 2, 3, 2, 3)));
  }
  const two = f64x2.add(low, high);
  return <f32> ((f64x2.extract_lane(two, 0) + f64x2.extract_lane(two, 1)) / <f64> columns);
}

// 1 / √(biased variance + epsilon)
@inline
function inverseDeviation(x: usize, columns: i32, mean: f32, epsilon: f64): f32 {
  const centre = f32x4.splat(mean);
  let squares = f32x4.splat(0);
  for (let j = 0; j < columns; j += 4) {
    const d = f32x4.sub(get(x + (<usize> j << 2), columns - j, mean), centre);
    squares = multiplyAdd(d, d, squares);
  }
  return <f32> (1 / Math.sqrt(<f64> sum(squares) / <f64> columns + epsilon));
}

/** out ← (x − mean) / √(variance + epsilon) · scale + shift: mean and variance by row, scale and shift by column. */
export function layerNorm(x: usize, rows: i32, columns: i32, scale: usize, shift: usize, epsilon: f64, out: usize): void {
  const row = <usize> columns << 2;
  for (let i = 0; i < rows; i++) {
    const mean = meanOf(x, columns), centre = f32x4.splat(mean);
    const inverse = f32x4.splat(inverseDeviation(x, columns, mean, epsilon));
    for (let j = 0; j < columns; j += 4) {
      const at = <usize> j << 2, left = columns - j;
      const normal = f32x4.mul(f32x4.sub(get(x + at, left, 0), centre), inverse);
      put(out + at, multiplyAdd(normal, get(scale + at, left, 0), get(shift + at, left, 0)), left);
    }
    x += row;
    out += row;
  }
}

/** The way back: dx, and dScale and dShift, which are sums over the rows, from the first on. */
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
  const row = <usize> columns << 2, n = <f32> columns;
  memory.fill(dScale, 0, row);
  memory.fill(dShift, 0, row);
  for (let i = 0; i < rows; i++) {
    const mean = meanOf(x, columns), centre = f32x4.splat(mean);
    const inverse = f32x4.splat(inverseDeviation(x, columns, mean, epsilon));
    // with d = dy · scale, dx = (d − the mean of d − normal · the mean of d · normal) / deviation
    let slopes = f32x4.splat(0), products = slopes;
    for (let j = 0; j < columns; j += 4) {
      const at = <usize> j << 2, left = columns - j, slope = get(dy + at, left, 0);
      const normal = f32x4.mul(f32x4.sub(get(x + at, left, mean), centre), inverse);
      const d = f32x4.mul(slope, get(scale + at, left, 0));
      slopes = f32x4.add(slopes, d);
      products = multiplyAdd(d, normal, products);
      put(dScale + at, multiplyAdd(slope, normal, get(dScale + at, left, 0)), left);
      put(dShift + at, f32x4.add(slope, get(dShift + at, left, 0)), left);
    }
    const slope = f32x4.splat(sum(slopes) / n), product = f32x4.splat(sum(products) / n);
    for (let j = 0; j < columns; j += 4) {
      const at = <usize> j << 2, left = columns - j;
      const normal = f32x4.mul(f32x4.sub(get(x + at, left, 0), centre), inverse);
      const d = f32x4.mul(get(dy + at, left, 0), get(scale + at, left, 0));
      put(dx + at, f32x4.mul(f32x4.sub(f32x4.sub(d, slope), f32x4.mul(normal, product)), inverse), left);
    }
    dy += row;
    x += row;
    dx += row;
  }
}
