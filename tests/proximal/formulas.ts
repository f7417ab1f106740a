/** The losses and discrepancies in plain float64 numbers, one example at a time, written down independently of the library. */
import {
  bernoulliKl,
  bernoulliLogPartition,
  bregman,
  crossEntropy,
  halfSquare,
  kl,
  logPartition,
  sigmoidCrossEntropy,
  squaredError,
  type Tensor,
} from "../../proximal/mod.ts";

export const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);

function logSoftmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const log = largest + Math.log(sum(logits.map((z) => Math.exp(z - largest))));
  return logits.map((z) => z - log);
}

const logSigmoid = (z: number): number => z < 0 ? z - Math.log1p(Math.exp(z)) : -Math.log1p(Math.exp(-z));

type Exact = (outputs: readonly number[], reference: readonly number[]) => number;

const exactKl: Exact = (outputs, reference) => {
  const logP = logSoftmax(reference), logQ = logSoftmax(outputs);
  return sum(logP.map((l, c) => Math.exp(l) * (l - logQ[c])));
};
const exactBernoulli: Exact = (outputs, reference) =>
  sum(reference.map((r, i) => {
    const u = outputs[i];
    const on = Math.exp(logSigmoid(r)) * (logSigmoid(r) - logSigmoid(u));
    return on + Math.exp(logSigmoid(-r)) * (logSigmoid(-r) - logSigmoid(-u));
  }));
const exactSquaredError: Exact = (outputs, reference) => sum(reference.map((r, i) => 0.5 * (outputs[i] - r) ** 2));
const exactCrossEntropy: Exact = (outputs, targets) => -sum(logSoftmax(outputs).map((l, c) => targets[c] * l));
const exactSigmoidCrossEntropy: Exact = (outputs, targets) =>
  -sum(targets.map((t, i) => t * logSigmoid(outputs[i]) + (1 - t) * logSigmoid(-outputs[i])));

/** A function of the outputs: ours and the closed form of one example. */
export interface Term {
  readonly name: string;
  readonly ours: (outputs: Tensor, reference: Tensor, weights?: Tensor) => Tensor;
  readonly exact: Exact;
  /** What the second argument holds. */
  readonly reference: "outputs" | "distribution" | "probabilities";
  /** Of values and gradients relative to 1 + |expected|: the three large numbers of a Bregman divergence lose digits. */
  readonly tolerance: number;
}

export const discrepancies: readonly Term[] = [
  { name: "kl", ours: kl, exact: exactKl, reference: "outputs", tolerance: 2e-6 },
  { name: "bernoulliKl", ours: bernoulliKl, exact: exactBernoulli, reference: "outputs", tolerance: 2e-6 },
  { name: "squaredError", ours: squaredError, exact: exactSquaredError, reference: "outputs", tolerance: 2e-6 },
  { name: "bregman(logPartition)", ours: bregman(logPartition), exact: exactKl, reference: "outputs", tolerance: 2e-5 },
  {
    name: "bregman(bernoulliLogPartition)",
    ours: bregman(bernoulliLogPartition),
    exact: exactBernoulli,
    reference: "outputs",
    tolerance: 2e-5,
  },
  {
    name: "bregman(halfSquare)",
    ours: bregman(halfSquare),
    exact: exactSquaredError,
    reference: "outputs",
    tolerance: 2e-5,
  },
];

export const losses: readonly Term[] = [
  { name: "crossEntropy", ours: crossEntropy, exact: exactCrossEntropy, reference: "distribution", tolerance: 2e-6 },
  {
    name: "sigmoidCrossEntropy",
    ours: sigmoidCrossEntropy,
    exact: exactSigmoidCrossEntropy,
    reference: "probabilities",
    tolerance: 2e-6,
  },
];

/** Σwx/Σw over examples; the plain mean without weights. */
export function mean(values: readonly number[], weights: readonly number[] = values.map(() => 1)): number {
  const total = sum(weights);
  return total === 0 ? 0 : sum(values.map((x, i) => weights[i] === 0 ? 0 : x * weights[i])) / total;
}

/** Of each row of `outputs`: ∂/∂outputs of the weighted mean, by central differences in float64. */
export function meanGradient(
  exact: Exact,
  outputs: readonly number[][],
  reference: readonly number[][],
  weights?: readonly number[],
): number[] {
  const step = 1e-5;
  return outputs.flatMap((row, example) =>
    row.map((_, i) => {
      const at = (change: number) => {
        const moved = outputs.map((r, e) => r.map((z, j) => e === example && j === i ? z + change : z));
        return mean(moved.map((r, e) => exact(r, reference[e])), weights);
      };
      return (at(step) - at(-step)) / (2 * step);
    })
  );
}
