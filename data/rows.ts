/**
 * Your own data: examples as rows of numbers.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../runtime/errors.ts";
import { isFloat32 } from "../runtime/float32.ts";
import { requireMembers } from "../runtime/require_members.ts";
import type { Tensor } from "../runtime/tensor.ts";
import { classLabels } from "./class_labels.ts";
import { checkIndices, type Dataset } from "./dataset.ts";

/** Numbers, a row an example. */
export type Rows = readonly (readonly number[])[];

/**
 * A data set of rows in memory: with `labels` (class numbers from 0) for classification, with `targets` (rows) for everything else.
 * The batches' input is `x`, `[batch, columns]`. All numbers are copied.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rows } from "@amortized/apo";
 *
 * const xor = rows({ inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], labels: [0, 1, 1, 0] });
 * assertEquals(xor.size, 4);
 * ```
 *
 * @throws `UserError` for rows of different lengths, numbers that are not finite in float32, not as many labels as inputs, or a label
 * that is no whole number from 0.
 */
export function rows(examples: { inputs: Rows; labels: readonly number[] } | { inputs: Rows; targets: Rows }): Dataset {
  requireMembers(
    "examples",
    examples,
    { inputs: "object" },
    "give inputs, a row for each example, and labels or targets",
  );
  const { inputs } = examples, size = inputs.length;
  const answers = "labels" in examples ? examples.labels : examples.targets;
  if (!(answers?.length >= 0)) {
    throw new UserError(
      "rows: there are no answers; give labels (class numbers from 0), or targets (a row for each input)",
    );
  }
  if (answers.length !== size) {
    throw new UserError(`rows: ${size} inputs and ${answers.length} labels or targets; give one for each input`);
  }
  const x = matrix("inputs", inputs);
  const labels = "labels" in examples ? classLabels("rows", examples.labels) : undefined;
  const y = "targets" in examples
    ? matrix("targets", examples.targets)
    : (indices: ArrayLike<number>) => tf.tensor1d(Int32Array.from(indices, (i) => labels![i]), "int32");
  return {
    size,
    ...labels && { labels },
    batch: (indices) => {
      checkIndices(indices, size);
      return { inputs: { x: x(indices) }, targets: y(indices) };
    },
  };
}

/** Picks rows of what is kept as one array of float32. */
function matrix(name: string, values: Rows): (indices: ArrayLike<number>) => Tensor {
  const flatRow = values.findIndex((row) => typeof row !== "object");
  if (flatRow >= 0) {
    throw new UserError(
      `rows: ${name}[${flatRow}] is ${values[flatRow]}; give a row for each example, such as [${values[flatRow]}]`,
    );
  }
  const columns = values[0]?.length ?? 0;
  const uneven = values.findIndex((row) => row.length !== columns);
  if (uneven >= 0) {
    throw new UserError(`rows: ${name}[${uneven}] has ${values[uneven].length} numbers, the first row ${columns}`);
  }
  for (const [i, row] of values.entries()) {
    const wrong = row.findIndex((value) => !isFloat32(value));
    if (wrong < 0) continue;
    throw new UserError(`rows: ${name}[${i}][${wrong}] is ${row[wrong]}; give finite numbers, not beyond ±3.4e38`);
  }
  const flat = Float32Array.from(values.flat());
  return (indices) => picked(flat, columns, indices);
}

/** The rows of these numbers, `[rows, columns]` row-major, as a new tensor. */
export function picked(values: Float32Array, columns: number, indices: ArrayLike<number>): Tensor {
  const chosen = new Float32Array(indices.length * columns);
  for (let i = 0; i < indices.length; i++) {
    chosen.set(values.subarray(indices[i] * columns, (indices[i] + 1) * columns), i * columns);
  }
  return tf.tensor2d(chosen, [indices.length, columns]);
}
