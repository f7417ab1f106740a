// Attention, softmax(factor q kᵀ + mask) v of each head, there and back. The heads lie side by side in the vectors of positions, which
// is a matter of distances between rows: nothing is transposed. Each head of each sequence is by itself.
import { inEachLane } from "./kept_exponentials";
import { multiplyAdd } from "./fused";
import { get, put, sum } from "./lanes";
import { product, productBytes } from "./product";
import { exp } from "./transcendental";

// z ← softmax(factor z + mask); without a mask its address is 0
@inline
function softmaxOfRow(z: usize, mask: usize, columns: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  let largest = f32x4.splat(-Infinity);
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2, left = columns - j;
    let score = f32x4.mul(get(z + at, left, -Infinity), factors);
    if (mask) score = f32x4.add(score, get(mask + at, left, 0));
    put(z + at, score, left);
    largest = f32x4.pmax(largest, score); // passes over NaN: the exponentials show it
  }
  const most = inEachLane(largest);
  let total = f32x4.splat(0);
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2, left = columns - j, e = exp(f32x4.sub(get(z + at, left, -Infinity), most));
    put(z + at, e, left);
    total = f32x4.add(total, e);
  }
  const whole = f32x4.splat(sum(total));
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2, left = columns - j;
    put(z + at, f32x4.div(get(z + at, left, 0), whole), left);
  }
}

// dp ← factor p (dp − Σ p dp): from the gradient of weights to that of products
@inline
function softmaxSlopeOfRow(p: usize, dp: usize, columns: i32, factor: f32): void {
  let total = f32x4.splat(0);
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2, left = columns - j;
    total = multiplyAdd(get(p + at, left, 0), get(dp + at, left, 0), total);
  }
  const mean = f32x4.splat(sum(total)), factors = f32x4.splat(factor);
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2, left = columns - j;
    const slope = f32x4.mul(get(p + at, left, 0), f32x4.sub(get(dp + at, left, 0), mean));
    put(dp + at, f32x4.mul(slope, factors), left);
  }
}

/** How much memory {@link attentionGradient} needs to work in; {@link attention} needs that of a product. */
export function attentionBytes(queries: i32, keys: i32): i32 {
  return productBytes() + 16 + (queries * keys << 2);
}

/**
 * Heads `first` to `first + count` of all sequences' heads, those of one sequence after another.
 *
 * @param size Of a head; a position's vector has `heads · size` numbers.
 * @param q, out `[batch, queries, heads · size]`.
 * @param k, v `[batch, keys, heads · size]`.
 * @param mask What is added to a query's products with all keys; 0 for nothing.
 * @param maskBatch, maskRow Bytes from a sequence's mask to the next, and from a query's; 0 where all have the same.
 * @param weights What each query takes of each key, `[batch, heads, queries, keys]`.
 */
export function attention(
  first: i32,
  count: i32,
  heads: i32,
  queries: i32,
  keys: i32,
  size: i32,
  q: usize,
  k: usize,
  v: usize,
  mask: usize,
  maskBatch: usize,
  maskRow: usize,
  factor: f32,
  weights: usize,
  out: usize,
  scratch: usize,
): void {
  const width = <usize> (heads * size) << 2, row = <usize> keys << 2;
  for (let i = first; i < first + count; i++) {
    const batch = <usize> (i / heads), skip = <usize> (i % heads * size) << 2;
    const toQueries = batch * queries * width + skip, toKeys = batch * keys * width + skip;
    const w = weights + <usize> i * queries * row, line = mask ? mask + batch * maskBatch : 0;
    product(queries, keys, size, q + toQueries, width, 4, k + toKeys, 4, width, w, row, scratch, false);
    for (let j = 0; j < queries; j++) softmaxOfRow(w + <usize> j * row, line ? line + <usize> j * maskRow : 0, keys, factor);
    product(queries, size, keys, w, row, 4, v + toKeys, width, 4, out + toQueries, width, scratch, false);
  }
}

/** The way back through {@link attention}, of the gradient of its output and with its weights: the gradients of q, k and v. */
export function attentionGradient(
  first: i32,
  count: i32,
  heads: i32,
  queries: i32,
  keys: i32,
  size: i32,
  dy: usize,
  q: usize,
  k: usize,
  v: usize,
  weights: usize,
  factor: f32,
  dq: usize,
  dk: usize,
  dv: usize,
  scratch: usize,
): void {
  const width = <usize> (heads * size) << 2, row = <usize> keys << 2;
  const slopes = (scratch + <usize> productBytes() + 15) & ~15;
  for (let i = first; i < first + count; i++) {
    const batch = <usize> (i / heads), skip = <usize> (i % heads * size) << 2;
    const toQueries = batch * queries * width + skip, toKeys = batch * keys * width + skip;
    const w = weights + <usize> i * queries * row;
    product(keys, size, queries, w, 4, row, dy + toQueries, width, 4, dv + toKeys, width, scratch, false);
    product(queries, keys, size, dy + toQueries, width, 4, v + toKeys, 4, width, slopes, row, scratch, false);
    for (let j = 0; j < queries; j++) softmaxSlopeOfRow(w + <usize> j * row, slopes + <usize> j * row, keys, factor);
    product(queries, size, keys, slopes, row, 4, k + toKeys, width, 4, dq + toQueries, width, scratch, false);
    product(keys, size, queries, slopes, 4, row, q + toQueries, width, 4, dk + toKeys, width, scratch, false);
  }
}
