// Losses and divergences of the logits [rows, columns] of classes, with their gradients, in one pass: of each row the value, and
// of each logit the derivative of its row's value.
import { term } from "./divergence_term";
import { LOWEST, orInfinite } from "./extreme_logits";
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

// The largest number of a row, four times.
@inline
function largestOf(z: usize, columns: i32): v128 {
  let largest = f32x4.splat(-Infinity), other = largest, j = 0;
  for (; j + 8 <= columns; j += 8) { // pmax is one instruction; of NaN the exponentials tell
    const at = z + (<usize> j << 2);
    largest = f32x4.pmax(largest, v128.load(at));
    other = f32x4.pmax(other, v128.load(at, 16));
  }
  for (; j < columns; j += 4) largest = f32x4.pmax(largest, get(z + (<usize> j << 2), columns - j, -Infinity));
  largest = f32x4.pmax(largest, other);
  const pairs = f32x4.max(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
  return f32x4.max(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2));
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

// From here on a row's exponentials are computed once, and kept, where the others compute them for the sum and again for the gradient.
// Shorter rows are left to the others for the sake of their bits.
const LONG = 1024;

// out ← e^(z − most); returns their sum
@inline
function exponentials(z: usize, columns: i32, most: v128, out: usize): f32 {
  let total = f32x4.splat(0), j = 0;
  for (; j + 4 <= columns; j += 4) {
    const at = <usize> j << 2, e = exp(f32x4.sub(v128.load(z + at), most));
    v128.store(out + at, e);
    total = f32x4.add(total, e);
  }
  if (j < columns) {
    const at = <usize> j << 2, e = exp(f32x4.sub(get(z + at, columns - j, -Infinity), most));
    put(out + at, e, columns - j);
    total = f32x4.add(total, e);
  }
  return sum(total);
}

// The loss of a label mixed with the uniform distribution, (1 − s) label + s/columns. Where it is not finite the gradient is none.
function smoothedLossOfRow(z: usize, label: i32, columns: i32, gradient: usize, smoothing: f32): f32 {
  const most = largestOf(z, columns), total = exponentials(z, columns, most, gradient), highest = f32x4.extract_lane(most, 0);
  const share = smoothing / <f32> columns, at = <usize> label << 2;
  let loss = f32x4.extract_lane(log(f32x4.splat(total)), 0) - (1 - smoothing) * (load<f32>(z + at) - highest);
  if (smoothing > 0) {
    let below = f32x4.splat(0);
    for (let j = 0; j < columns; j += 4) {
      below = f32x4.add(below, f32x4.sub(get(z + (<usize> j << 2), columns - j, highest), most));
    }
    loss -= share * sum(below);
  }
  const scale = f32x4.splat(1 / total), shares = f32x4.splat(share);
  for (let j = 0; j < columns; j += 4) {
    const here = gradient + (<usize> j << 2), left = columns - j;
    put(here, f32x4.sub(f32x4.mul(get(here, left, 0), scale), shares), left);
  }
  store<f32>(gradient + at, load<f32>(gradient + at) - (1 - smoothing));
  return loss;
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

function longDivergenceOfRow(z: usize, reference: usize, columns: i32, gradient: usize, scratch: usize): f32 {
  const mostQ = largestOf(z, columns), mostP = largestOf(reference, columns);
  const totalQ = f32x4.splat(exponentials(z, columns, mostQ, gradient));
  const totalP = f32x4.splat(exponentials(reference, columns, mostP, scratch));
  const offsetQ = log(totalQ), offsetP = log(totalP), one = f32x4.splat(1);
  const scaleQ = f32x4.div(one, totalQ), scaleP = f32x4.div(one, totalP);
  let divergence = f32x4.splat(0);
  for (let j = 0; j < columns; j += 4) {
    const at = <usize> j << 2, left = columns - j;
    const q = f32x4.mul(get(gradient + at, left, 0), scaleQ), p = f32x4.mul(get(scratch + at, left, 0), scaleP);
    const logQ = f32x4.sub(f32x4.sub(get(z + at, left, 0), mostQ), offsetQ);
    const logP = f32x4.sub(f32x4.sub(get(reference + at, left, 0), mostP), offsetP);
    divergence = f32x4.add(divergence, term(logP, logQ, p, q)); // of the padding it is 0, as p and q are
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
