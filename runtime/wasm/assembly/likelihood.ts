// Losses and divergences of outputs [rows, columns] in one pass, with their gradients: of each row the value, and of each
// output the derivative of its row's value. A logit of −∞ (of bits ±∞) counts as ±3.4e38, so that 0 · ∞ is 0, and what comes out
// positive because of it is infinite: proximal/extreme_logits.ts.
import { exp, log, log1p } from "./transcendental";

const LOWEST: f32 = -3.4e38;

// Four numbers, or as many as are left of a row and `pad` for the others.
@inline
function get(at: usize, count: i32, pad: f32): v128 {
  if (count >= 4) return v128.load(at);
  let x = f32x4.replace_lane(f32x4.splat(pad), 0, load<f32>(at));
  if (count > 1) x = f32x4.replace_lane(x, 1, load<f32>(at, 4));
  if (count > 2) x = f32x4.replace_lane(x, 2, load<f32>(at, 8));
  return x;
}

@inline
function put(at: usize, x: v128, count: i32): void {
  if (count >= 4) {
    v128.store(at, x);
    return;
  }
  store<f32>(at, f32x4.extract_lane(x, 0));
  if (count > 1) store<f32>(at, f32x4.extract_lane(x, 1), 4);
  if (count > 2) store<f32>(at, f32x4.extract_lane(x, 2), 8);
}

@inline
function sum(x: v128): f32 {
  return (f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1)) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

// Logits of classes: −∞ is LOWEST, and only the padding of a row is −∞.
@inline
function getLogits(at: usize, count: i32): v128 {
  const x = get(at, count, -Infinity), isInside = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
  return v128.bitselect(f32x4.max(x, f32x4.splat(LOWEST)), x, isInside);
}

// +∞ where a term is positive and its logit infinite.
@inline
function orInfinite(x: v128, isInfinite: v128): v128 {
  return v128.bitselect(f32x4.splat(Infinity), x, v128.and(isInfinite, f32x4.gt(x, f32x4.splat(0))));
}

@inline
function isMasked(at: usize, count: i32): v128 {
  return f32x4.eq(get(at, count, 0), f32x4.splat(-Infinity));
}

// out ← log softmax(z)
function logSoftmax(z: usize, columns: i32, out: usize): void {
  let largest = f32x4.splat(-Infinity), total = f32x4.splat(0);
  for (let j = 0; j < columns; j += 4) largest = f32x4.max(largest, getLogits(z + (<usize> j << 2), columns - j));
  const pairs = f32x4.max(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
  const most = f32x4.max(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2));
  for (let j = 0; j < columns; j += 4) {
    total = f32x4.add(total, exp(f32x4.sub(getLogits(z + (<usize> j << 2), columns - j), most)));
  }
  const offset = log(f32x4.splat(sum(total)));
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2;
    put(out + at, f32x4.sub(f32x4.sub(getLogits(z + at, columns - j), most), offset), columns - j);
  }
}

/** −log softmax(z)[label]; NaN, and a gradient of NaN, for a label outside 0 … columns − 1. */
export function labelLoss(z: usize, labels: usize, rows: i32, columns: i32, value: usize, gradient: usize): void {
  const line = <usize> columns << 2;
  for (let i = 0; i < rows; i++) {
    const label = load<i32>(labels + (<usize> i << 2)), at = gradient + (<usize> label << 2);
    if (label < 0 || label >= columns) {
      store<f32>(value, NaN);
      for (let j = 0; j < columns; j++) store<f32>(gradient + (<usize> j << 2), NaN);
    } else {
      logSoftmax(z, columns, gradient);
      store<f32>(value, load<f32>(z + (<usize> label << 2)) == -Infinity ? Infinity : -load<f32>(at));
      for (let j = 0; j < columns; j += 4) {
        const here = gradient + (<usize> j << 2);
        put(here, exp(get(here, columns - j, 0)), columns - j);
      }
      store<f32>(at, load<f32>(at) - 1);
    }
    z += line;
    gradient += line;
    value += 4;
  }
}

/** −Σ p log softmax(z) for weights p, which are mostly probabilities. */
export function softmaxLoss(z: usize, p: usize, rows: i32, columns: i32, value: usize, gradient: usize): void {
  const line = <usize> columns << 2;
  for (let i = 0; i < rows; i++) {
    logSoftmax(z, columns, gradient);
    let loss = f32x4.splat(0), total = loss;
    for (let j = 0; j < columns; j += 4) {
      const at = <usize> j << 2, weight = get(p + at, columns - j, 0);
      const logQ = get(gradient + at, columns - j, 0), term = f32x4.neg(f32x4.mul(weight, logQ));
      loss = f32x4.add(loss, orInfinite(term, isMasked(z + at, columns - j)));
      total = f32x4.add(total, weight);
    }
    store<f32>(value, sum(loss));
    const whole = f32x4.splat(sum(total));
    for (let j = 0; j < columns; j += 4) {
      const at = <usize> j << 2, q = exp(get(gradient + at, columns - j, 0));
      put(gradient + at, f32x4.sub(f32x4.mul(q, whole), get(p + at, columns - j, 0)), columns - j);
    }
    z += line;
    p += line;
    gradient += line;
    value += 4;
  }
}

// p (e^δ − 1 − δ) with δ = log q − log p, by a series where δ is small: `proximal/divergence_term.ts`.
@inline
function term(logP: v128, logQ: v128, p: v128, q: v128): v128 {
  const delta = f32x4.sub(logQ, logP);
  let series = f32x4.add(f32x4.mul(delta, f32x4.splat(1.0 / 120)), f32x4.splat(1.0 / 24));
  series = f32x4.add(f32x4.mul(series, delta), f32x4.splat(1.0 / 6));
  series = f32x4.add(f32x4.mul(series, delta), f32x4.splat(0.5));
  const near = f32x4.mul(p, f32x4.mul(f32x4.mul(delta, delta), series));
  const far = f32x4.sub(f32x4.sub(q, p), f32x4.mul(p, delta));
  return v128.bitselect(near, far, f32x4.lt(f32x4.abs(delta), f32x4.splat(0.1)));
}

/** KL(softmax(reference) ‖ softmax(z)). @param scratch Room for a row. */
export function softmaxDivergence(
  z: usize,
  reference: usize,
  rows: i32,
  columns: i32,
  value: usize,
  gradient: usize,
  scratch: usize,
): void {
  const line = <usize> columns << 2;
  for (let i = 0; i < rows; i++) {
    logSoftmax(z, columns, gradient);
    logSoftmax(reference, columns, scratch);
    let divergence = f32x4.splat(0);
    for (let j = 0; j < columns; j += 4) {
      const at = <usize> j << 2, left = columns - j;
      const logP = get(scratch + at, left, 0), logQ = get(gradient + at, left, 0), p = exp(logP), q = exp(logQ);
      const part = term(logP, logQ, p, q); // of the padding it is 0
      divergence = f32x4.add(divergence, orInfinite(part, isMasked(z + at, left)));
      put(gradient + at, f32x4.sub(q, p), left);
    }
    store<f32>(value, sum(divergence));
    z += line;
    reference += line;
    gradient += line;
    value += 4;
  }
}

// 1 / (1 + e^−x) of y = e^−|x|
@inline
function sigmoidOf(x: v128, y: v128): v128 {
  const positive = f32x4.ge(x, f32x4.splat(0));
  return f32x4.div(v128.bitselect(f32x4.splat(1), y, positive), f32x4.add(f32x4.splat(1), y));
}

// Logits of bits, ±3.4e38 at most.
@inline
function bounded(x: v128): v128 {
  return f32x4.min(f32x4.max(x, f32x4.splat(LOWEST)), f32x4.splat(-LOWEST));
}

@inline
function isInfinite(x: v128): v128 {
  return f32x4.eq(f32x4.abs(x), f32x4.splat(Infinity));
}

@inline
function expOfSize(x: v128): v128 {
  return exp(f32x4.neg(f32x4.abs(x)));
}

/** Σ log(1 + e^z) − z t: cross-entropy of independent bits. */
export function bitsLoss(z: usize, t: usize, rows: i32, columns: i32, value: usize, gradient: usize): void {
  for (let i = 0; i < rows; i++) {
    let loss = f32x4.splat(0);
    for (let j = 0; j < columns; j += 4) {
      const left = columns - j, logit = get(z, left, LOWEST), x = bounded(logit), target = get(t, left, 0);
      const y = expOfSize(x), product = f32x4.mul(x, target); // of the padding the term is 0
      const term = f32x4.sub(f32x4.add(f32x4.max(x, f32x4.splat(0)), log1p(y)), product);
      loss = f32x4.add(loss, orInfinite(term, isInfinite(logit)));
      put(gradient, f32x4.sub(sigmoidOf(x, y), target), left);
      const bytes = <usize> min(4, left) << 2;
      z += bytes;
      t += bytes;
      gradient += bytes;
    }
    store<f32>(value, sum(loss));
    value += 4;
  }
}

/** Σ KL(Bern(σ(reference)) ‖ Bern(σ(z))) */
export function bitsDivergence(z: usize, reference: usize, rows: i32, columns: i32, value: usize, gradient: usize): void {
  const zero = f32x4.splat(0);
  for (let i = 0; i < rows; i++) {
    let divergence = zero;
    for (let j = 0; j < columns; j += 4) {
      const left = columns - j, logit = get(z, left, 0), x = bounded(logit), r = bounded(get(reference, left, 0));
      const yX = expOfSize(x), yR = expOfSize(r), restX = log1p(yX), restR = log1p(yR);
      // log σ(x) = −log(1 + e^−x), log(1 + e^x) = max(x, 0) + log(1 + e^−|x|)
      const onQ = f32x4.neg(f32x4.add(f32x4.max(f32x4.neg(x), zero), restX));
      const offQ = f32x4.neg(f32x4.add(f32x4.max(x, zero), restX));
      const onP = f32x4.neg(f32x4.add(f32x4.max(f32x4.neg(r), zero), restR));
      const offP = f32x4.neg(f32x4.add(f32x4.max(r, zero), restR));
      const q = sigmoidOf(x, yX), p = sigmoidOf(r, yR);
      const off = term(offP, offQ, sigmoidOf(f32x4.neg(r), yR), sigmoidOf(f32x4.neg(x), yX));
      const both = f32x4.add(term(onP, onQ, p, q), off);
      divergence = f32x4.add(divergence, orInfinite(both, isInfinite(logit))); // of the padding, where z and reference are 0, it is 0
      put(gradient, f32x4.sub(q, p), left);
      const bytes = <usize> min(4, left) << 2;
      z += bytes;
      reference += bytes;
      gradient += bytes;
    }
    store<f32>(value, sum(divergence));
    value += 4;
  }
}
