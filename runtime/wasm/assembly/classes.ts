// Losses and divergences of the logits [rows, columns] of classes, with their gradients, in one pass: of each row the value, and
// of each logit the derivative of its row's value.
import { term } from "./divergence_term";
import { LOWEST, orInfinite } from "./extreme_logits";
import { largestOf, LONG, longDivergenceOfRow, smoothedLossOfRow } from "./kept_exponentials";
import { get, put, sum } from "./lanes";
import { exp, log } from "./transcendental";

@inline
function isMasked(at: usize, count: i32): v128 {
  return f32x4.eq(get(at, count, 0), f32x4.splat(-Infinity));
}

// out ← z with LOWEST in the place of −∞
function finiteLogits(z: usize, columns: i32, out: usize): usize {
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2, left = columns - j;
    put(out + at, f32x4.max(get(z + at, left, 0), f32x4.splat(LOWEST)), left);
  }
  return out;
}

// out ← log softmax(z); z may be out
function logSoftmax(z: usize, columns: i32, out: usize): void {
  const most = largestOf(z, columns);
  let total = f32x4.splat(0);
  for (let j = 0; j < columns; j += 4) {
    total = f32x4.add(total, exp(f32x4.sub(get(z + (<usize> j << 2), columns - j, -Infinity), most)));
  }
  const offset = log(f32x4.splat(sum(total)));
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2;
    put(out + at, f32x4.sub(f32x4.sub(get(z + at, columns - j, -Infinity), most), offset), columns - j);
  }
}

function labelLossOfRow(z: usize, label: i32, columns: i32, gradient: usize): f32 {
  const at = gradient + (<usize> label << 2);
  logSoftmax(z, columns, gradient);
  if (!isFinite(load<f32>(at))) logSoftmax(finiteLogits(z, columns, gradient), columns, gradient);
  const loss: f32 = load<f32>(z + (<usize> label << 2)) == -Infinity ? Infinity : -load<f32>(at);
  for (let j = 0; j < columns; j += 4) {
    const here = gradient + (<usize> j << 2);
    put(here, exp(get(here, columns - j, 0)), columns - j);
  }
  store<f32>(at, load<f32>(at) - 1);
  return loss;
}

// As smoothedLossOfRow, where logits are infinite.
function carefulLossOfRow(z: usize, label: i32, columns: i32, gradient: usize, smoothing: f32, scratch: usize): f32 {
  if (smoothing == 0) return labelLossOfRow(z, label, columns, gradient);
  for (let j = 0; j < columns; j++) store<f32>(scratch + (<usize> j << 2), smoothing / <f32> columns);
  store<f32>(scratch + (<usize> label << 2), 1 - smoothing + smoothing / <f32> columns);
  return softmaxLossOfRow(z, scratch, columns, gradient, true);
}

/**
 * −Σ p log softmax(z) with p = (1 − s) label + s/columns for a smoothing s; NaN, and a gradient of NaN, for a label outside
 * 0 … columns − 1.
 *
 * @param scratch Room for a row.
 */
export function labelLoss(
  z: usize,
  labels: usize,
  rows: i32,
  columns: i32,
  value: usize,
  gradient: usize,
  scratch: usize,
  smoothing: f32,
): void {
  const line = <usize> columns << 2;
  for (let i = 0; i < rows; i++) {
    const label = load<i32>(labels + (<usize> i << 2));
    if (label < 0 || label >= columns) {
      store<f32>(value, NaN);
      for (let j = 0; j < columns; j++) store<f32>(gradient + (<usize> j << 2), NaN);
    } else if (smoothing > 0 || columns >= LONG) {
      let loss = smoothedLossOfRow(z, label, columns, gradient, smoothing);
      if (!isFinite(loss)) loss = carefulLossOfRow(z, label, columns, gradient, smoothing, scratch);
      store<f32>(value, loss);
    } else {
      store<f32>(value, labelLossOfRow(z, label, columns, gradient));
    }
    z += line;
    gradient += line;
    value += 4;
  }
}

function softmaxLossOfRow(z: usize, p: usize, columns: i32, gradient: usize, careful: bool): f32 {
  logSoftmax(careful ? finiteLogits(z, columns, gradient) : z, columns, gradient);
  let loss = f32x4.splat(0), total = loss;
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2, weight = get(p + at, columns - j, 0);
    const logQ = get(gradient + at, columns - j, 0), term = f32x4.neg(f32x4.mul(weight, logQ));
    loss = f32x4.add(loss, careful ? orInfinite(term, isMasked(z + at, columns - j)) : term);
    total = f32x4.add(total, weight);
  }
  const whole = f32x4.splat(sum(total));
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2, q = exp(get(gradient + at, columns - j, 0));
    put(gradient + at, f32x4.sub(f32x4.mul(q, whole), get(p + at, columns - j, 0)), columns - j);
  }
  return sum(loss);
}

/** −Σ p log softmax(z) for weights p, which are mostly probabilities. */
export function softmaxLoss(z: usize, p: usize, rows: i32, columns: i32, value: usize, gradient: usize): void {
  const line = <usize> columns << 2;
  for (let i = 0; i < rows; i++) {
    let loss = softmaxLossOfRow(z, p, columns, gradient, false);
    if (!isFinite(loss)) loss = softmaxLossOfRow(z, p, columns, gradient, true);
    store<f32>(value, loss);
    z += line;
    p += line;
    gradient += line;
    value += 4;
  }
}

function softmaxDivergenceOfRow(
  z: usize,
  reference: usize,
  columns: i32,
  gradient: usize,
  scratch: usize,
  careful: bool,
): f32 {
  logSoftmax(careful ? finiteLogits(z, columns, gradient) : z, columns, gradient);
  logSoftmax(careful ? finiteLogits(reference, columns, scratch) : reference, columns, scratch);
  let divergence = f32x4.splat(0);
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2, left = columns - j;
    const logP = get(scratch + at, left, 0), logQ = get(gradient + at, left, 0), p = exp(logP), q = exp(logQ);
    const part = term(logP, logQ, p, q); // of the padding it is 0
    divergence = f32x4.add(divergence, careful ? orInfinite(part, isMasked(z + at, left)) : part);
    put(gradient + at, f32x4.sub(q, p), left);
  }
  return sum(divergence);
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
    let divergence = columns >= LONG
      ? longDivergenceOfRow(z, reference, columns, gradient, scratch)
      : softmaxDivergenceOfRow(z, reference, columns, gradient, scratch, false);
    if (!isFinite(divergence)) {
      divergence = softmaxDivergenceOfRow(z, reference, columns, gradient, scratch, true);
    }
    store<f32>(value, divergence);
    z += line;
    reference += line;
    gradient += line;
    value += 4;
  }
}
