/**
 * Tables of vectors, and the numbers of their rows.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkNumbers } from "../runtime/check_numbers.ts";
import type { Tensor } from "../runtime/tensor.ts";
import { webgpuBackend } from "../runtime/webgpu/backend.ts";
import type { LookUpTable } from "./model.ts";

/**
 * Looks at row numbers where this costs no wait for a device.
 *
 * @param what What they are called.
 * @throws `UserError` for the first that no row has.
 */
export function checkRowNumbers(what: string, { name, entries }: LookUpTable, numbers: Tensor): void {
  const remedy = () =>
    `, but the table "${name}" has ${entries} entries, 0 to ${
      entries - 1
    }; give whole numbers below ${entries}, or more entries`;
  checkNumbers(what, numbers, { from: 0, to: entries - 1, whole: true }, remedy);
}

/** The rows with these numbers, `[…, size]`. On WebGPU, which does not notice a number that no row has, such a row is NaN. */
export function rowsOf(table: Tensor, numbers: Tensor): Tensor {
  const [entries, size] = table.shape;
  const rows = tf.gather(table, tf.cast(tf.reshape(numbers, [-1]), "int32") as tf.Tensor1D);
  const vectors: Tensor = tf.reshape(rows, [...numbers.shape, size]);
  if (!webgpuBackend()) return vectors;
  const x: Tensor = tf.cast(numbers, "float32");
  const known = tf.logicalAnd(tf.equal(tf.floor(x), x), tf.logicalAnd(tf.greaterEqual(x, 0), tf.less(x, entries)));
  return tf.add(vectors, tf.expandDims(tf.where(known, tf.scalar(0), tf.scalar(NaN)), -1));
}
