/**
 * Biases and activations on wasm.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { DenseActivation } from "../dense_layer.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";
import { along, calls, NUMBER, parts, tasksOf } from "./threads/split.ts";

/** As `assembly/dense.ts` numbers them. */
const numbers: Readonly<Record<DenseActivation, number>> = { linear: 0, relu: 1, tanh: 2, sigmoid: 3 };

interface Attributes {
  readonly activation: DenseActivation;
}

/** activation(x + b), which the caller frees. */
export function biased(context: WorkContext, { x, bias }: Inputs, { activation }: Attributes): tf.TensorInfo {
  const y = context.backend.makeOutput(x.shape, "float32");
  activate(context, x, bias, activation, y);
  return y;
}

/** y ← activation(x + b); y may be x. */
export function activate(
  context: WorkContext,
  x: tf.TensorInfo,
  bias: tf.TensorInfo,
  activation: DenseActivation,
  y: tf.TensorInfo,
): void {
  const { backend, kernels, workspace } = context, { columns, repeats, wide, wideRows, left } = shapeOf(x);
  const [from, row, to] = [x, bias, y].map((tensor) => addressOf(backend, tensor));
  const wideRow = repeats === 1 ? row : workspace.take(4 * wide), which = numbers[activation];
  if (repeats > 1) kernels.repeatRuns(row, 1, 4 * columns, repeats, wideRow);
  const work = NUMBER * wide * wideRows * (activation === "tanh" || activation === "sigmoid" ? 4 : 1);
  along(context, "addBiasAndActivate", { count: wideRows, work }, (part) => {
    const skip = 4 * part.from * wide;
    return [which, from + skip, wideRow, part.size, wide, to + skip];
  });
  const done = 4 * wideRows * wide;
  if (left > 0) kernels.addBiasAndActivate(which, from + done, row, left, columns, to + done);
}

/** dy ∘ activation′ and the sum of its rows, which the caller frees. */
export function activationGradient(
  context: WorkContext,
  { dy, y }: Inputs,
  { activation }: Attributes,
): tf.TensorInfo[] {
  const { backend, kernels, workspace } = context, { rows, columns, repeats, wide, wideRows, left } = shapeOf(y);
  const results = [backend.makeOutput(y.shape, "float32"), backend.makeOutput([columns], "float32")];
  const [slope, output, dz, bias] = [dy, y, ...results].map((tensor) => addressOf(backend, tensor));
  const work = NUMBER * rows * columns, which = numbers[activation];
  const call = (at: number, rows: number, columns: number, sums: number) => {
    return [which, slope + 4 * at, output + 4 * at, rows, columns, dz + 4 * at, sums];
  };
  if (rows >= TALL && work >= context.large) {
    const groups = parts(wideRows, GROUPS), sums = workspace.take(4 * (wide * groups.length + columns));
    const last = sums + 4 * wide * groups.length;
    calls(context, "activationGradients", [
      ...groups.map(({ from, size }, group) => call(from * wide, size, wide, sums + 4 * wide * group)),
      ...left > 0 ? [call(wideRows * wide, left, columns, last)] : [],
    ]);
    kernels.sumRows(sums, repeats * groups.length + (left > 0 ? 1 : 0), columns, bias, columns);
  } else if (tasksOf(context, work) === 1) {
    kernels.activationGradients(...call(0, rows, columns, bias));
  } else {
    along(context, "activationGradients", { count: rows, work }, ({ from, size }) => {
      return call(from * columns, size, columns, 0);
    });
    along(context, "sumRows", { count: columns, unit: 16, work }, ({ from, size }) => { // in the order of the kernel above
      return [dz + 4 * from, rows, size, bias + 4 * from, columns];
    });
  }
  return results;
}

/** From how many rows on their sum is one of groups, of which there are so many whatever the number of threads. */
const TALL = 1024, GROUPS = 8;

/** A tensor as a matrix; and as one whose rows are a few of it, so that they are whole vectors of four, with some rows left over. */
function shapeOf({ shape }: tf.TensorInfo) {
  const columns = shape[shape.length - 1], rows = shape.slice(0, -1).reduce((product, n) => product * n, 1);
  const repeats = columns % 4 === 0 ? 1 : columns % 2 === 0 ? 2 : 4, wideRows = Math.floor(rows / repeats);
  return { rows, columns, repeats, wide: repeats * columns, wideRows, left: rows - repeats * wideRows };
}
