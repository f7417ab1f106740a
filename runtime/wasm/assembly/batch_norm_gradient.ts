// The way back through batch normalization.
import { blockRows } from "./batch_norm";
import { multiplyAdd } from "./fused";
import { get, put } from "./lanes";

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

// Of a block of rows: p dz + q (x − mean) + r.
@inline
function inputSlope(dy: usize, y: usize, x: usize, row: usize, count: i32, mean: usize, p: usize, q: usize, r: usize, width: i32, dx: usize): void {
  const m = get(mean, width, 0), a = get(p, width, 0), b = get(q, width, 0), c = get(r, width, 0), rowY = y ? row : 0;
  for (let i = 0; i < count; i++) {
    const rest = multiplyAdd(f32x4.sub(get(x, width, 0), m), b, c);
    put(dx, multiplyAdd(masked(dy, y, width), a, rest), width);
    dy += row;
    y += rowY;
    x += row;
    dx += row;
  }
}

/**
 * The first half of the way back through `moments` and `normalize`, of the gradients of the output, the mean and the variance, for
 * `columns` neighbouring columns: dScale, dShift, at `dz` the gradient of the addend, and p, q and r, of which `batchNormInputGradient`
 * makes dx = p dz + q (x − mean) + r.
 *
 * @param y The output after relu; 0 where there was none.
 * @param width The numbers from a row to the next.
 * @param p Where p lies; q is `width` numbers further, and r as many further again.
 * @param dz 0 where it is not asked for.
 */
export function batchNormGradient(
  dy: usize,
  y: usize,
  x: usize,
  rows: i32,
  columns: i32,
  width: i32,
  mean: usize,
  variance: usize,
  scale: usize,
  dMean: usize,
  dVariance: usize,
  epsilon: f64,
  p: usize,
  dScale: usize,
  dShift: usize,
  dz: usize,
  scratch: usize,
): void {
  const size = blockRows(width, 4), row = <usize> width << 2, part = <usize> columns << 2;
  const sums = scratch, products = sums + 2 * part, edge = products + 2 * part;
  memory.fill(scratch, 0, 4 * part);
  for (let first = 0; first < rows; first += size) {
    const count = min(size, rows - first), start = <usize> first * row;
    let at = start, j: usize = 0;
    for (; j + 16 <= part; j += 16) {
      addSlopes(dy + at, y ? y + at : 0, x + at, mean + j, dz ? dz + at : 0, row, count, 4, sums + 2 * j, products + 2 * j, edge);
      at += 16;
    }
    if (j < part) {
      const left = <i32> (part - j) >> 2;
      addSlopes(dy + at, y ? y + at : 0, x + at, mean + j, dz ? dz + at : 0, row, count, left, sums + 2 * j, products + 2 * j, edge);
    }
  }
  const n = <f64> rows, q = p + row, r = q + row;
  for (let j: usize = 0; j < part; j += 4) {
    const inverse = 1 / Math.sqrt(<f64> load<f32>(variance + j) + epsilon), factor = <f64> load<f32>(scale + j) * inverse;
    const sum = load<f64>(sums + 2 * j), product = load<f64>(products + 2 * j) * inverse;
    store<f32>(dShift + j, <f32> sum);
    store<f32>(dScale + j, <f32> product);
    store<f32>(p + j, <f32> factor);
    store<f32>(q + j, <f32> ((2 * <f64> load<f32>(dVariance + j) - factor * inverse * product) / n));
    store<f32>(r + j, <f32> ((<f64> load<f32>(dMean + j) - factor * sum) / n));
  }
}

/** The second half, for some rows: dx = p dz + q (x − mean) + r, where dz is dy where y is positive, or all of it where y is at 0. */
export function batchNormInputGradient(dy: usize, y: usize, x: usize, rows: i32, columns: i32, mean: usize, p: usize, dx: usize): void {
  const size = blockRows(columns, 4), row = <usize> columns << 2, q = p + row, r = q + row;
  for (let first = 0; first < rows; first += size) {
    const count = min(size, rows - first);
    let at = <usize> first * row, j: usize = 0;
    for (; j + 16 <= row; j += 16) {
      inputSlope(dy + at, y ? y + at : 0, x + at, row, count, mean + j, p + j, q + j, r + j, 4, dx + at);
      at += 16;
    }
    if (j < row) {
      const left = <i32> (row - j) >> 2;
      inputSlope(dy + at, y ? y + at : 0, x + at, row, count, mean + j, p + j, q + j, r + j, left, dx + at);
    }
  }
}
