// Batch normalization over the rows of a matrix. Four columns are worked on at a time, or as many as are left.
import { multiplyAdd } from "./fused";
import { get, put } from "./lanes";

// Blocks of rows of so many matrices stay in the first cache, so that the next four columns of them cost little.
@inline
export function blockRows(columns: i32, matrices: i32): i32 {
  return max(16, 4096 / (matrices * columns));
}

const EDGE: usize = 48; // bytes: sums of four columns, before they are added up in float64

/** How much memory batch normalization and its gradient need to work in. */
export function batchNormBytes(columns: i32): i32 {
  return 16 * columns + <i32> EDGE;
}

// Takes a block of rows into the mean and the sum of squared distances from it that `before` rows had (Chan, Golub & LeVeque 1983).
// `width` is a constant 4 wherever this is inlined, but at the last columns.
@inline
function addMoments(x: usize, row: usize, count: i32, before: i32, width: i32, means: usize, squares: usize, edge: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, at = x, i = 0;
  for (; i + 4 <= count; i += 4) {
    s0 = f32x4.add(s0, get(at, width, 0));
    s1 = f32x4.add(s1, get(at + row, width, 0));
    s2 = f32x4.add(s2, get(at + 2 * row, width, 0));
    s3 = f32x4.add(s3, get(at + 3 * row, width, 0));
    at += 4 * row;
  }
  for (; i < count; i++) {
    s0 = f32x4.add(s0, get(at, width, 0));
    at += row;
  }
  const near = f32x4.div(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)), f32x4.splat(<f32> count));
  // distances from about the mean: their own mean says how far it is off
  s0 = f32x4.splat(0);
  s1 = s0;
  let q0 = s0, q1 = s0;
  at = x;
  for (i = 0; i + 2 <= count; i += 2) {
    const d0 = f32x4.sub(get(at, width, 0), near), d1 = f32x4.sub(get(at + row, width, 0), near);
    s0 = f32x4.add(s0, d0);
    s1 = f32x4.add(s1, d1);
    q0 = multiplyAdd(d0, d0, q0);
    q1 = multiplyAdd(d1, d1, q1);
    at += 2 * row;
  }
  for (; i < count; i++) {
    const d = f32x4.sub(get(at, width, 0), near);
    s0 = f32x4.add(s0, d);
    q0 = multiplyAdd(d, d, q0);
    at += row;
  }
  v128.store(edge, near);
  v128.store(edge, f32x4.add(s0, s1), 16);
  v128.store(edge, f32x4.add(q0, q1), 32);
  const n = <f64> count, share = n / <f64> (before + count);
  for (let j = 0; j < width; j++) {
    const off = <f64> load<f32>(edge + 16) / n, mean = load<f64>(means), apart = <f64> load<f32>(edge) + off - mean;
    const within = max<f64>(0, <f64> load<f32>(edge + 32) - off * off * n);
    store<f64>(means, mean + apart * share);
    store<f64>(squares, load<f64>(squares) + within + apart * apart * share * <f64> before);
    means += 8;
    squares += 8;
    edge += 4;
  }
}

/**
 * The mean and the biased variance of each of `columns` neighbouring columns: one pass over memory, and no difference of large numbers.
 *
 * @param width The numbers from a row to the next.
 */
export function moments(x: usize, rows: i32, columns: i32, width: i32, mean: usize, variance: usize, scratch: usize): void {
  const size = blockRows(width, 1), row = <usize> width << 2, part = <usize> columns << 2;
  const means = scratch, squares = means + 2 * part, edge = squares + 2 * part;
  memory.fill(scratch, 0, 4 * part);
  for (let first = 0; first < rows; first += size) {
    const count = min(size, rows - first), from = x + <usize> first * row;
    let j: usize = 0;
    for (; j + 16 <= part; j += 16) addMoments(from + j, row, count, first, 4, means + 2 * j, squares + 2 * j, edge);
    if (j < part) addMoments(from + j, row, count, first, <i32> (part - j) >> 2, means + 2 * j, squares + 2 * j, edge);
  }
  for (let j: usize = 0; j < part; j += 4) {
    store<f32>(mean + j, <f32> load<f64>(means + 2 * j));
    store<f32>(variance + j, <f32> (load<f64>(squares + 2 * j) / <f64> rows));
  }
}

// Of a block of rows: (x − mean) factor + shift (+ addend), but `least` where it is less; NaN stays NaN.
@inline
function normal(x: usize, row: usize, count: i32, mean: usize, factor: usize, shift: usize, addend: usize, least: v128, width: i32, out: usize): void {
  const m = get(mean, width, 0), a = get(factor, width, 0), b = get(shift, width, 0);
  if (addend) {
    for (let i = 0; i < count; i++) {
      const y = f32x4.add(multiplyAdd(f32x4.sub(get(x, width, 0), m), a, b), get(addend, width, 0));
      put(out, f32x4.pmax(y, least), width);
      x += row;
      addend += row;
      out += row;
    }
  } else {
    for (let i = 0; i < count; i++) {
      put(out, f32x4.pmax(multiplyAdd(f32x4.sub(get(x, width, 0), m), a, b), least), width);
      x += row;
      out += row;
    }
  }
}

/**
 * out ← (x − mean) / √(variance + epsilon) · scale + shift (+ addend), and 0 where that is negative if `relu`: mean, variance, scale
 * and shift by column. An addend at 0 is none.
 */
export function normalize(
  x: usize,
  rows: i32,
  columns: i32,
  mean: usize,
  variance: usize,
  scale: usize,
  shift: usize,
  epsilon: f64,
  addend: usize,
  relu: bool,
  out: usize,
  scratch: usize,
): void {
  const row = <usize> columns << 2, factor = scratch, least = f32x4.splat(relu ? 0 : -Infinity);
  for (let j: usize = 0; j < row; j += 4) {
    store<f32>(factor + j, <f32> (<f64> load<f32>(scale + j) / Math.sqrt(<f64> load<f32>(variance + j) + epsilon)));
  }
  const size = blockRows(columns, 4);
  for (let first = 0; first < rows; first += size) {
    const count = min(size, rows - first);
    let at = <usize> first * row, j: usize = 0;
    for (; j + 16 <= row; j += 16) {
      normal(x + at, row, count, mean + j, factor + j, shift + j, addend ? addend + at : 0, least, 4, out + at);
      at += 16;
    }
    if (j < row) {
      const left = <i32> (row - j) >> 2;
      normal(x + at, row, count, mean + j, factor + j, shift + j, addend ? addend + at : 0, least, left, out + at);
    }
  }
}
