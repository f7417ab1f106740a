/**
 * Losses and divergences with their gradients, in one pass, on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { RowLoss } from "../row_loss.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";
import { along, NUMBER, type Part } from "./threads/split.ts";

/** What the kernel is called with beside its tensors. */
export interface RowLossAttributes {
  readonly loss: RowLoss;
  readonly rank: number;
  readonly smoothing?: number;
}

/** The values of the rows and the derivatives of the outputs, which the caller frees. Rows that count nothing are passed over. */
export function rowLoss(
  context: WorkContext,
  { outputs, reference, scale }: Inputs,
  { loss, rank, smoothing = 0 }: RowLossAttributes,
): [tf.TensorInfo, tf.TensorInfo] {
  const { backend, workspace } = context;
  const rowShape = outputs.shape.slice(0, rank), rows = tf.util.sizeFromShape(rowShape);
  const columns = tf.util.sizeFromShape(outputs.shape.slice(rank));
  const values = backend.makeOutput(rowShape, "float32"), slopes = backend.makeOutput(outputs.shape, "float32");
  const bytes = 4 * columns, scratch = workspace.take(bytes);
  const [z, r, value, slope] = [outputs, reference, values, slopes].map((x) => addressOf(backend, x));
  const width = loss === "labelLoss" ? 1 : columns; // of a row of the reference
  const zeros = [values, slopes].map((x) => backend.typedArrayFromHeap(x));
  const call = ({ from, size }: Part) => {
    const [atRow, atColumn] = [4 * from, 4 * from * columns];
    return [z + atColumn, r + width * atRow, size, columns, value + atRow, slope + atColumn, scratch, smoothing];
  };
  for (const { from, to, counts } of runs(rows, scale && backend.typedArrayFromHeap(scale))) {
    if (counts) {
      const count = to - from, work = 8 * NUMBER * count * columns; // exponentials, of both sides
      along(context, loss, { count, work, scratch: { argument: 6, bytes } }, (part) => {
        return call({ ...part, from: from + part.from });
      });
    } else {
      zeros[0].fill(0, from, to);
      zeros[1].fill(0, from * columns, to * columns);
    }
  }
  return [values, slopes];
}

/** Rows that follow each other and count something, or nothing, by their scales. Without a scale of each row all count. */
function* runs(rows: number, scale?: ArrayLike<number>): Generator<{ from: number; to: number; counts: boolean }> {
  if (scale?.length !== rows) return yield { from: 0, to: rows, counts: true };
  for (let from = 0, to = 1; from < rows; from = to++) {
    const counts = scale[from] !== 0;
    while (to < rows && (scale[to] !== 0) === counts) to++;
    yield { from, to, counts };
  }
}
