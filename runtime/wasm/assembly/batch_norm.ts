// Batch normalization over the rows of a matrix, there and back. Four columns are worked on at a time, or as many as are left.
import { multiplyAdd } from "./fused";
import { get, put } from "./lanes";

// A block of rows stays in the first cache, so that a second look at it costs little.
@inline
function blockRows(columns: i32): i32 {
  return max(16, 4096 / columns);
}

const EDGE: usize = 48; // bytes: sums of four columns, before they are added up in float64

/** How much memory the functions below need to work in. */
export function batchNormBytes(columns: i32): i32 {
  return 28 * columns + <i32> EDGE;
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

/** The mean and the biased variance of each column: one pass over memory, and no difference of large numbers. */
export function moments(x: usize, rows: i32, columns: i32, mean: usize, variance: usize, scratch: usize): void {
  const size = blockRows(columns), row = <usize> columns << 2, means = scratch, squares = means + 2 * row, edge = squares + 2 * row;
  memory.fill(scratch, 0, 4 * row);
  for (let first = 0; first < rows; first += size) {
    const count = min(size, rows - first), from = x + <usize> first * row;
    let j: usize = 0;
    for (; j + 16 <= row; j += 16) addMoments(from + j, row, count, first, 4, means + 2 * j, squares + 2 * j, edge);
    if (j < row) addMoments(from + j, row, count, first, <i32> (row - j) >> 2, means + 2 * j, squares + 2 * j, edge);
  }
  for (let j: usize = 0; j < row; j += 4) {
    store<f32>(mean + j, <f32> load<f64>(means + 2 * j));
    store<f32>(variance + j, <f32> (load<f64>(squares + 2 * j) / <f64> rows));
  }
}

// (x − mean) factor + shift (+ addend), but `least` where it is less; NaN stays NaN.
@inline
function normal(x: usize, mean: usize, factor: usize, shift: usize, addend: usize, least: v128, width: i32, out: usize): void {
  let y = multiplyAdd(f32x4.sub(get(x, width, 0), get(mean, width, 0)), get(factor, width, 0), get(shift, width, 0));
  if (addend) y = f32x4.add(y, get(addend, width, 0));
  put(out, f32x4.pmax(y, least), width);
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
  for (let i = 0; i < rows; i++) {
    let j: usize = 0;
    for (; j + 16 <= row; j += 16) normal(x + j, mean + j, factor + j, shift + j, addend ? addend + j : 0, least, 4, out + j);
    if (j < row) normal(x + j, mean + j, factor + j, shift + j, addend ? addend + j : 0, least, <i32> (row - j) >> 2, out + j);
    x += row;
    out += row;
    if (addend) addend += row;
  }
}

// dy where the output y is positive; everywhere where y is at 0.
@inline
function masked(dy: usize, y: usize, width: i32): v128 {
  const slope = get(dy, width, 0);
  return y ? v128.and(slope, f32x4.gt(get(y, width, 0), f32x4.splat(0))) : slope;
}

// Adds to the sums of dz and of dz (x − mean) over a block of rows, and writes dz unless it is at 0.
@inline
function addSlopes(dy: usize, y: usize, x: usize, mean: usize, dz: usize, row: usize, count: i32, width: i32, sums: usize, products: usize, edge: usize): void {
  const centre = get(mean, width, 0), rowY = y ? row : 0, rowZ = dz ? row : 0;
  let s0 = f32x4.splat(0), s1 = s0, p0 = s0, p1 = s0, i = 0;
  for (; i + 2 <= count; i += 2) {
    const d0 = masked(dy, y, width), d1 = masked(dy + row, y + rowY, width);
    if (dz) {
      put(dz, d0, width);
      put(dz + row, d1, width);
    }
    s0 = f32x4.add(s0, d0);
    s1 = f32x4.add(s1, d1);
    p0 = multiplyAdd(d0, f32x4.sub(get(x, width, 0), centre), p0);
    p1 = multiplyAdd(d1, f32x4.sub(get(x + row, width, 0), centre), p1);
    dy += 2 * row;
    y += 2 * rowY;
    x += 2 * row;
    dz += 2 * rowZ;
  }
  if (i < count) {
    const d = masked(dy, y, width);
    if (dz) put(dz, d, width);
    s0 = f32x4.add(s0, d);
    p0 = multiplyAdd(d, f32x4.sub(get(x, width, 0), centre), p0);
  }
  v128.store(edge, f32x4.add(s0, s1));
  v128.store(edge, f32x4.add(p0, p1), 16);
  for (let j = 0; j < width; j++) {
    store<f64>(sums, load<f64>(sums) + <f64> load<f32>(edge));
    store<f64>(products, load<f64>(products) + <f64> load<f32>(edge + 16));
    sums += 8;
    products += 8;
    edge += 4;
  }
}

@inline
function inputSlope(dy: usize, y: usize, x: usize, mean: usize, p: usize, q: usize, r: usize, width: i32, dx: usize): void {
  const centred = f32x4.sub(get(x, width, 0), get(mean, width, 0));
  const rest = multiplyAdd(centred, get(q, width, 0), get(r, width, 0));
  put(dx, multiplyAdd(masked(dy, y, width), get(p, width, 0), rest), width);
}

/**
 * The way back through `moments` and `normalize`, of the gradients of the output, the mean and the variance: dx, dScale, dShift,
 * and at `dz` that of the addend.
 *
 * @param y The output after relu; 0 where there was none.
 * @param dz 0 where it is not asked for.
 */
export function batchNormGradient(
  dy: usize,
  y: usize,
  x: usize,
  rows: i32,
  columns: i32,
  mean: usize,
  variance: usize,
  scale: usize,
  dMean: usize,
  dVariance: usize,
  epsilon: f64,
  dx: usize,
  dScale: usize,
  dShift: usize,
  dz: usize,
  scratch: usize,
): void {
  const size = blockRows(columns), row = <usize> columns << 2, sums = scratch, products = sums + 2 * row, edge = products + 2 * row;
  memory.fill(scratch, 0, 4 * row);
  for (let first = 0; first < rows; first += size) {
    const count = min(size, rows - first), start = <usize> first * row;
    let at = start, j: usize = 0;
    for (; j + 16 <= row; j += 16) {
      addSlopes(dy + at, y ? y + at : 0, x + at, mean + j, dz ? dz + at : 0, row, count, 4, sums + 2 * j, products + 2 * j, edge);
      at += 16;
    }
    if (j < row) {
      const left = <i32> (row - j) >> 2;
      addSlopes(dy + at, y ? y + at : 0, x + at, mean + j, dz ? dz + at : 0, row, count, left, sums + 2 * j, products + 2 * j, edge);
    }
  }
  // dx = p dz + q (x − mean) + r
  const n = <f64> rows, p = edge + EDGE, q = p + row, r = q + row;
  for (let j: usize = 0; j < row; j += 4) {
    const inverse = 1 / Math.sqrt(<f64> load<f32>(variance + j) + epsilon), factor = <f64> load<f32>(scale + j) * inverse;
    const sum = load<f64>(sums + 2 * j), product = load<f64>(products + 2 * j) * inverse;
    store<f32>(dShift + j, <f32> sum);
    store<f32>(dScale + j, <f32> product);
    store<f32>(p + j, <f32> factor);
    store<f32>(q + j, <f32> ((2 * <f64> load<f32>(dVariance + j) - factor * inverse * product) / n));
    store<f32>(r + j, <f32> ((<f64> load<f32>(dMean + j) - factor * sum) / n));
  }
  const slope = dz ? dz : dy, mask = dz ? 0 : y; // what is masked need not be again
  for (let at: usize = 0, end = <usize> rows * row; at < end; at += row) {
    let j: usize = 0;
    for (; j + 16 <= row; j += 16) {
      inputSlope(slope + at + j, mask ? mask + at + j : 0, x + at + j, mean + j, p + j, q + j, r + j, 4, dx + at + j);
    }
    if (j < row) {
      const left = <i32> (row - j) >> 2;
      inputSlope(slope + at + j, mask ? mask + at + j : 0, x + at + j, mean + j, p + j, q + j, r + j, left, dx + at + j);
    }
  }
}
