// Losses and divergences of the logits [rows, columns] of independent bits, with their gradients, in one pass: of each row the
// value, and of each logit the derivative of its row's value.
import { term } from "./divergence_term";
import { LOWEST, orInfinite } from "./extreme_logits";
import { get, put, sum } from "./lanes";
import { exp, log1p } from "./transcendental";

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

// Inline, for a test of `careful` in the loop would cost a tenth of the time.
@inline
function bitsLossOfRow(z: usize, t: usize, columns: i32, gradient: usize, careful: bool): f32 {
  let loss = f32x4.splat(0);
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2, left = columns - j;
    const logit = get(z + at, left, LOWEST), x = careful ? bounded(logit) : logit, target = get(t + at, left, 0);
    const y = expOfSize(x), product = f32x4.mul(x, target); // of the padding the term is 0
    const term = f32x4.sub(f32x4.add(f32x4.max(x, f32x4.splat(0)), log1p(y)), product);
    loss = f32x4.add(loss, careful ? orInfinite(term, isInfinite(logit)) : term);
    put(gradient + at, f32x4.sub(sigmoidOf(x, y), target), left);
  }
  return sum(loss);
}

/** Σ log(1 + e^z) − z t: cross-entropy of independent bits. */
export function bitsLoss(z: usize, t: usize, rows: i32, columns: i32, value: usize, gradient: usize): void {
  const line = <usize> columns << 2;
  for (let i = 0; i < rows; i++) {
    let loss = bitsLossOfRow(z, t, columns, gradient, false);
    if (!isFinite(loss)) loss = bitsLossOfRow(z, t, columns, gradient, true);
    store<f32>(value, loss);
    z += line;
    t += line;
    gradient += line;
    value += 4;
  }
}

@inline
function bitsDivergenceOfRow(z: usize, reference: usize, columns: i32, gradient: usize, careful: bool): f32 {
  const zero = f32x4.splat(0);
  let divergence = zero;
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2, left = columns - j, logit = get(z + at, left, 0), other = get(reference + at, left, 0);
    const x = careful ? bounded(logit) : logit, r = careful ? bounded(other) : other;
    const yX = expOfSize(x), yR = expOfSize(r), restX = log1p(yX), restR = log1p(yR);
    // log σ(x) = −log(1 + e^−x), log(1 + e^x) = max(x, 0) + log(1 + e^−|x|)
    const onQ = f32x4.neg(f32x4.add(f32x4.max(f32x4.neg(x), zero), restX));
    const offQ = f32x4.neg(f32x4.add(f32x4.max(x, zero), restX));
    const onP = f32x4.neg(f32x4.add(f32x4.max(f32x4.neg(r), zero), restR));
    const offP = f32x4.neg(f32x4.add(f32x4.max(r, zero), restR));
    const q = sigmoidOf(x, yX), p = sigmoidOf(r, yR);
    const off = term(offP, offQ, sigmoidOf(f32x4.neg(r), yR), sigmoidOf(f32x4.neg(x), yX));
    const both = f32x4.add(term(onP, onQ, p, q), off); // of the padding, where z and reference are 0, it is 0
    divergence = f32x4.add(divergence, careful ? orInfinite(both, isInfinite(logit)) : both);
    put(gradient + at, f32x4.sub(q, p), left);
  }
  return sum(divergence);
}

/** Σ KL(Bern(σ(reference)) ‖ Bern(σ(z))) */
export function bitsDivergence(z: usize, reference: usize, rows: i32, columns: i32, value: usize, gradient: usize): void {
  const line = <usize> columns << 2;
  for (let i = 0; i < rows; i++) {
    let divergence = bitsDivergenceOfRow(z, reference, columns, gradient, false);
    if (!isFinite(divergence)) divergence = bitsDivergenceOfRow(z, reference, columns, gradient, true);
    store<f32>(value, divergence);
    z += line;
    reference += line;
    gradient += line;
    value += 4;
  }
}
