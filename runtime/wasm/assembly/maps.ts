// Functions of one number on all numbers of a tensor.
import { exp, sigmoid, softplus, tanh } from "./transcendental";

const EXP: i32 = 0, SIGMOID: i32 = 1, SOFTPLUS: i32 = 2, TANH: i32 = 3;

// `which` is a constant wherever this is inlined.
@inline
function apply(which: i32, x: v128): v128 {
  if (which == EXP) return exp(x);
  if (which == SIGMOID) return sigmoid(x);
  if (which == SOFTPLUS) return softplus(x);
  return tanh(x);
}

@inline
function map(which: i32, x: usize, out: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(out, apply(which, v128.load(x)));
    x += 16;
    out += 16;
  }
  for (; i < count; i++) {
    store<f32>(out, f32x4.extract_lane(apply(which, f32x4.splat(load<f32>(x))), 0));
    x += 4;
    out += 4;
  }
}

/** out ← e^x */
export function mapExp(x: usize, out: usize, count: i32): void {
  map(EXP, x, out, count);
}

/** out ← 1 / (1 + e^−x) */
export function mapSigmoid(x: usize, out: usize, count: i32): void {
  map(SIGMOID, x, out, count);
}

/** out ← log(1 + e^x) */
export function mapSoftplus(x: usize, out: usize, count: i32): void {
  map(SOFTPLUS, x, out, count);
}

/** out ← tanh x */
export function mapTanh(x: usize, out: usize, count: i32): void {
  map(TANH, x, out, count);
}
