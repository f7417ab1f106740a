// What follows the product in a dense layer, and what comes before it on the way back, in one pass each.
import { sigmoid, tanh } from "./transcendental";

const RELU: i32 = 1, TANH: i32 = 2, SIGMOID: i32 = 3; // and 0, linear

// `which` is a constant wherever this is inlined.
@inline
function activation(which: i32, z: v128): v128 {
  if (which == RELU) return f32x4.max(z, f32x4.splat(0));
  if (which == TANH) return tanh(z);
  if (which == SIGMOID) return sigmoid(z);
  return z;
}

// The derivative's factor, of what the activation gave.
@inline
function factor(which: i32, y: v128): v128 {
  const one = f32x4.splat(1);
  if (which == RELU) return v128.and(one, f32x4.gt(y, f32x4.splat(0)));
  if (which == TANH) return f32x4.sub(one, f32x4.mul(y, y));
  return f32x4.mul(f32x4.sub(one, y), y);
}

@inline
function forward(which: i32, z: usize, bias: usize, rows: i32, columns: i32, y: usize): void {
  for (let i = 0; i < rows; i++) {
    let at = bias, j = 0;
    for (; j + 4 <= columns; j += 4) {
      v128.store(y, activation(which, f32x4.add(v128.load(z), v128.load(at))));
      z += 16;
      at += 16;
      y += 16;
    }
    for (; j < columns; j++) {
      store<f32>(y, f32x4.extract_lane(activation(which, f32x4.splat(load<f32>(z) + load<f32>(at))), 0));
      z += 4;
      at += 4;
      y += 4;
    }
  }
}

@inline
function backward(which: i32, sums: bool, dy: usize, y: usize, rows: i32, columns: i32, dz: usize, bias: usize): void {
  if (sums) memory.fill(bias, 0, <usize> columns << 2);
  for (let i = 0; i < rows; i++) {
    let at = bias, j = 0;
    for (; j + 4 <= columns; j += 4) {
      const slope = f32x4.mul(v128.load(dy), factor(which, v128.load(y)));
      v128.store(dz, slope);
      if (sums) v128.store(at, f32x4.add(v128.load(at), slope));
      dy += 16;
      y += 16;
      dz += 16;
      at += 16;
    }
    for (; j < columns; j++) {
      const slope = load<f32>(dy) * f32x4.extract_lane(factor(which, f32x4.splat(load<f32>(y))), 0);
      store<f32>(dz, slope);
      if (sums) store<f32>(at, load<f32>(at) + slope);
      dy += 4;
      y += 4;
      dz += 4;
      at += 4;
    }
  }
}

/** y ← activation(z + bias), for each row of z; y may be z. */
export function addBiasAndActivate(which: i32, z: usize, bias: usize, rows: i32, columns: i32, y: usize): void {
  if (which == RELU) forward(RELU, z, bias, rows, columns, y);
  else if (which == TANH) forward(TANH, z, bias, rows, columns, y);
  else if (which == SIGMOID) forward(SIGMOID, z, bias, rows, columns, y);
  else forward(0, z, bias, rows, columns, y);
}

@inline
function backwards(which: i32, sums: bool, dy: usize, y: usize, rows: i32, columns: i32, dz: usize, bias: usize): void {
  if (which == RELU) backward(RELU, sums, dy, y, rows, columns, dz, bias);
  else if (which == TANH) backward(TANH, sums, dy, y, rows, columns, dz, bias);
  else backward(SIGMOID, sums, dy, y, rows, columns, dz, bias);
}

/**
 * dz ← dy ∘ activation′, of what the activation gave, y; bias ← the sum of dz's rows, from the first on, unless it is at address 0.
 */
export function activationGradients(
  which: i32,
  dy: usize,
  y: usize,
  rows: i32,
  columns: i32,
  dz: usize,
  bias: usize,
): void {
  if (bias != 0) backwards(which, true, dy, y, rows, columns, dz, bias);
  else backwards(which, false, dy, y, rows, columns, dz, bias);
}
