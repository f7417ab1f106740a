/**
 * The task of ill-conditioned regression.
 * @module
 */
import { Matrix, QrDecomposition } from "ml-matrix";
import { gaussian } from "../proximal/output.ts";
import { mlp } from "../models/networks/networks.ts";
import { type Random, random } from "../runtime/random.ts";
import { rows } from "../data/rows.ts";
import { modelEntry, type Task } from "./task.ts";

const INPUTS = 6, OUTPUTS = 10, EXAMPLES = 1000;
const CONDITION = 1e6; // the largest whole power of ten that the float32 matrix still has

/**
 * Ill-conditioned linear regression: t = Ax with x ∈ R⁶ standard normal and A 10×6, singular values log-spaced from 1 to 1e-6,
 * learned by a linear network W₂W₁x of widths 6-6-10.
 */
export const illConditioned: Task = {
  name: "ill-conditioned",
  description: "linear regression with a condition number of 1e6",
  models: {
    linear2: modelEntry(
      { hidden: [INPUTS] as readonly number[] },
      ({ hidden }) => mlp([INPUTS, ...hidden, OUTPUTS], { activation: "linear", bias: "none" }),
    ),
  },
  output: gaussian(),
  metrics: {},
  readsFolder: false,
  load: () => {
    const draw = random(0, "ill-conditioned");
    const map = illConditionedMatrix(draw);
    const inputs = normal(EXAMPLES, INPUTS, draw);
    const train = rows({ inputs: inputs.to2DArray(), targets: inputs.mmul(map.transpose()).to2DArray() });
    return Promise.resolve({ train, source: `${EXAMPLES.toLocaleString("en")} examples of t = Ax, condition 1e6` });
  },
  defaults: {
    optimizer: "apo-kfac",
    settings: { damping: 1e-5 }, // smaller than most of the curvature that is to be told apart
    steps: 1000,
    batchSize: EXAMPLES,
    learningRates: { sgd: 0.1, momentum: 0.05, rmsprop: 0.001, adam: 0.005 },
  },
};

/** A = U diag(σ) Vᵀ, rounded to float32, `[10, 6]`. */
export function illConditionedMatrix(draw: Random): Matrix {
  const left = new QrDecomposition(normal(OUTPUTS, INPUTS, draw)).orthogonalMatrix;
  const right = new QrDecomposition(normal(INPUTS, INPUTS, draw)).orthogonalMatrix;
  const singular = Matrix.diag(Array.from({ length: INPUTS }, (_, i) => CONDITION ** (-i / (INPUTS - 1))));
  const exact = left.mmul(singular).mmul(right.transpose());
  return new Matrix(exact.to2DArray().map((row) => row.map(Math.fround)));
}

function normal(rowCount: number, columns: number, draw: Random): Matrix {
  return new Matrix(Array.from({ length: rowCount }, () => Array.from({ length: columns }, () => draw.normal())));
}
