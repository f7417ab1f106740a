/**
 * A table's rows, split and standardized: the problem of predicting one column from the others.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import { random } from "../runtime/random.ts";
import { checkIndices, type Dataset } from "./dataset.ts";
import { picked } from "./rows.ts";
import type { Table } from "./table.ts";

const TEST_SHARE = 0.1, FEWEST_ROWS = 10;
const SPLIT_SEED = 0; // of its own: the split never depends on a run's seed

/** Rows to train on, and rows that no tuning looks at. */
export interface Regression {
  readonly train: Dataset;
  readonly test: Dataset;
}

/** Which columns are what, by number. */
export interface Roles {
  readonly target: number;
  readonly inputs: readonly number[];
}

/**
 * A random tenth of the rows is for testing, the same in every run. Each column has mean 0 and variance 1 on the training rows, whose
 * mean and variance the test rows are shifted and scaled by too. A column that is the same in all of them tells nothing: it is 0.
 * The batches' input is `x`, `[batch, inputs]`, the targets `[batch, 1]`.
 *
 * @throws `UserError` for fewer rows than 10, or a target that is always the same.
 */
export function regression(table: Table, { target, inputs }: Roles): Regression {
  const { rows, columns, values } = table;
  if (rows < FEWEST_ROWS) throw new UserError(`the table has ${rows} rows; give ${FEWEST_ROWS} or more`);
  const order = random(SPLIT_SEED, "regression split").permutation(rows), tested = Math.round(TEST_SHARE * rows);
  const parts = { test: order.subarray(0, tested), train: order.subarray(tested) };
  const at = (row: number, column: number) => values[row * columns.length + column];
  const scaleOf = (column: number) => scale(parts.train, (row) => at(row, column));
  const used = [...inputs, target], scales = used.map(scaleOf), targetScale = scales[inputs.length].deviation;
  if (targetScale === 0) throw new UserError(`${columns[target]} is the same in all rows: there is nothing to predict`);

  const dataset = (part: Uint32Array): Dataset => {
    const x = new Float32Array(part.length * inputs.length), y = new Float32Array(part.length);
    part.forEach((row, i) =>
      used.forEach((column, j) => {
        const { mean, deviation } = scales[j];
        const value = deviation === 0 ? 0 : (at(row, column) - mean) / deviation;
        if (j < inputs.length) x[i * inputs.length + j] = value;
        else y[i] = value;
      })
    );
    return {
      size: part.length,
      targetScale,
      batch: (indices) => {
        checkIndices(indices, part.length);
        return { inputs: { x: picked(x, inputs.length, indices) }, targets: picked(y, 1, indices) };
      },
    };
  };
  return { train: dataset(parts.train), test: dataset(parts.test) };
}

/** Mean and standard deviation over rows; a deviation of exactly 0 where all are the same. */
function scale(rows: Uint32Array, value: (row: number) => number): { mean: number; deviation: number } {
  let sum = 0, squares = 0, same = true;
  for (const row of rows) sum += value(row);
  const mean = sum / rows.length, first = value(rows[0]);
  for (const row of rows) {
    squares += (value(row) - mean) ** 2;
    same &&= value(row) === first;
  }
  return { mean, deviation: same ? 0 : Math.sqrt(squares / rows.length) };
}
