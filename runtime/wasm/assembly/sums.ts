// Sums over the first axis of a matrix, and over everything.
import { get, put } from "./lanes";

/**
 * out[j] ← Σ_i x[i, j], for `columns` neighbouring numbers of each row of a matrix. Added row by row, from the first on.
 *
 * @param width The numbers from a row to the next.
 */
export function sumRows(x: usize, rows: i32, columns: i32, out: usize, width: i32): void {
  const bytes = <usize> columns << 2, row = <usize> width << 2;
  let j: usize = 0;
  for (; j + 64 <= bytes; j += 64) { // 16 columns at a time: a cache line
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, at = x + j;
    for (let i = 0; i < rows; i++) {
      s0 = f32x4.add(s0, v128.load(at));
      s1 = f32x4.add(s1, v128.load(at, 16));
      s2 = f32x4.add(s2, v128.load(at, 32));
      s3 = f32x4.add(s3, v128.load(at, 48));
      at += row;
    }
    v128.store(out + j, s0);
    v128.store(out + j, s1, 16);
    v128.store(out + j, s2, 32);
    v128.store(out + j, s3, 48);
  }
  for (; j < bytes; j += 16) {
    const count = <i32> (bytes - j) >> 2;
    let sum = f32x4.splat(0), at = x + j;
    for (let i = 0; i < rows; i++) {
      sum = f32x4.add(sum, get(at, count, 0));
      at += row;
    }
    put(out + j, sum, count);
  }
}

/** out[i] ← Σ_j x[i, j], in 16 partial sums. */
export function sumColumns(x: usize, rows: i32, columns: i32, out: usize): void {
  for (let i = 0; i < rows; i++) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, j = 0;
    for (; j + 16 <= columns; j += 16) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
      x += 64;
    }
    const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
    let sum = (f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1)) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
    for (; j < columns; j++) {
      sum += load<f32>(x);
      x += 4;
    }
    store<f32>(out + (<usize> i << 2), sum);
  }
}

/** out[n, j] ← Σ_i x[n, i, j], each by {@link sumRows}. */
export function sumMiddle(x: usize, outer: i32, rows: i32, columns: i32, out: usize): void {
  const row = <usize> columns << 2;
  for (let n = 0; n < outer; n++) {
    sumRows(x, rows, columns, out, columns);
    x += <usize> rows * row;
    out += row;
  }
}

// x y, or (x − y)².
@inline
function term(x: v128, y: v128, distance: bool): v128 {
  if (!distance) return f32x4.mul(x, y);
  const difference = f32x4.sub(x, y);
  return f32x4.mul(difference, difference);
}

@inline
function sumOfTerms(x: usize, y: usize, count: i32, distance: bool): f32 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, i = 0;
  for (; i + 16 <= count; i += 16) {
    s0 = f32x4.add(s0, term(v128.load(x), v128.load(y), distance));
    s1 = f32x4.add(s1, term(v128.load(x, 16), v128.load(y, 16), distance));
    s2 = f32x4.add(s2, term(v128.load(x, 32), v128.load(y, 32), distance));
    s3 = f32x4.add(s3, term(v128.load(x, 48), v128.load(y, 48), distance));
    x += 64;
    y += 64;
  }
  const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  let sum = (f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1)) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
  for (; i < count; i++) {
    sum += f32x4.extract_lane(term(f32x4.splat(load<f32>(x)), f32x4.splat(load<f32>(y)), distance), 0);
    x += 4;
    y += 4;
  }
  return sum;
}

/** Σ x[i] y[i], in 16 partial sums. */
export function dot(x: usize, y: usize, count: i32): f32 {
  return sumOfTerms(x, y, count, false);
}

/** Σ (x[i] − y[i])², in 16 partial sums. */
export function squaredDistance(x: usize, y: usize, count: i32): f32 {
  return sumOfTerms(x, y, count, true);
}
