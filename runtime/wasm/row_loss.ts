/**
 * Losses and divergences with their gradients, in one pass, on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { RowLoss } from "../row_loss.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";

/** What the kernel is called with beside its tensors. */
export interface RowLossAttributes {
  readonly loss: RowLoss;
  readonly rank: number;
}

/** The values of the rows and the derivatives of the outputs, which the caller frees. */
export function rowLoss(
  { backend, kernels, workspace }: WorkContext,
  { outputs, reference }: Inputs,
  { loss, rank }: RowLossAttributes,
): [tf.TensorInfo, tf.TensorInfo] {
  const rowShape = outputs.shape.slice(0, rank), rows = tf.util.sizeFromShape(rowShape);
  const columns = tf.util.sizeFromShape(outputs.shape.slice(rank));
  const values = backend.makeOutput(rowShape, "float32"), slopes = backend.makeOutput(outputs.shape, "float32");
  const scratch = workspace.take(4 * columns);
  const [z, r, value, slope] = [outputs, reference, values, slopes].map((x) => addressOf(backend, x));
  kernels[loss](z, r, rows, columns, value, slope, scratch);
  return [values, slopes];
}
