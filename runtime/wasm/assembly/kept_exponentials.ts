// Losses and divergences of rows of logits whose exponentials are computed once, and kept, where `classes.ts` computes them for the
// sum and again for the gradient.
import { term } from "./divergence_term";
import { get, put, sum } from "./lanes";
import { exp, log } from "./transcendental";

/** Rows of so many columns and more are computed here. Shorter ones without smoothing are computed as before, so that their bits stay. */
export const LONG = 1024;

/** The largest number of a row, four times. */
@inline
export function largestOf(z: usize, columns: i32): v128 {
  let largest = f32x4.splat(-Infinity), other = largest, j = 0;
  for (; j + 8 <= columns; j += 8) { // pmax is one instruction, but passes over NaN: the exponentials show it
    const at = z + (<usize> j << 2);
    largest = f32x4.pmax(largest, v128.load(at));
    other = f32x4.pmax(other, v128.load(at, 16));
  }
  for (; j < columns; j += 4) largest = f32x4.pmax(largest, get(z + (<usize> j << 2), columns - j, -Infinity));
  return inEachLane(f32x4.pmax(largest, other));
}

/** The largest of four numbers, four times. */
@inline
export function inEachLane(largest: v128): v128 {
  const pairs = f32x4.max(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
  return f32x4.max(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2));
}

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

/** The loss of a label mixed with the uniform distribution, (1 − s) label + s/columns. Where the loss is not finite, the gradient is wrong. */
export function smoothedLossOfRow(z: usize, label: i32, columns: i32, gradient: usize, smoothing: f32): f32 {
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

/** KL(softmax(reference) ‖ softmax(z)). Where it is not finite, the gradient is wrong. @param scratch Room for a row. */
export function longDivergenceOfRow(z: usize, reference: usize, columns: i32, gradient: usize, scratch: usize): f32 {
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

