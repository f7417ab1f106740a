/**
 * Sums with a row for all rows, as every bias is added, on wasm: tfjs looks each number's place up.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";
import { along, NUMBER } from "./threads/split.ts";

/**
 * a + b for float32 a `[…, …row]` and b `[…row]`. The caller frees the result.
 *
 * @returns undefined where b is no such row, or one number.
 */
export function addRow(context: WorkContext, { a, b }: Inputs): tf.TensorInfo | undefined {
  const { backend } = context;
  const floats = a.dtype === "float32" && b.dtype === "float32", before = a.shape.length - b.shape.length;
  if (!floats || before <= 0 || !b.shape.every((n, axis) => n === a.shape[before + axis])) return undefined;
  const columns = tf.util.sizeFromShape(b.shape);
  if (columns === 1) return undefined; // tfjs adds one number to all several at a time
  const rows = tf.util.sizeFromShape(a.shape.slice(0, before));
  const out = backend.makeOutput(a.shape, "float32"), [x, row, to] = [a, b, out].map((t) => addressOf(backend, t));
  const skip = 4 * columns;
  along(context, "addRow", { count: rows, work: NUMBER * rows * columns }, ({ from, size }) => {
    return [x + from * skip, row, size, columns, to + from * skip];
  });
  return out;
}
