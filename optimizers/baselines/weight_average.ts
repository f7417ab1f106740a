/**
 * Averages of the weights.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { decayRate } from "../../runtime/errors.ts";
import { select } from "../../runtime/select.ts";
import type { Tensors, Tree } from "../../runtime/tensor.ts";
import { cloneTree, disposeTree, mapTensors } from "../../runtime/tree.ts";
import { movingAverage } from "../moving_average.ts";
import type { Carry, Optimizer } from "../optimizer.ts";

/** Options of {@linkcode weightAverage}. */
export interface WeightAverageOptions {
  /** β: an average over about the last 1/(1 − β) steps. Default: 0.999. */
  readonly decay?: number;
}

/** The state of {@linkcode weightAverage}. */
export type WeightAverageState<S extends Tree> = {
  /** The optimizer's. */
  readonly optimizer: S;
  /** a. */
  readonly average: Tensors;
};

/**
 * Trains as `optimizer` does, and evaluates at an exponential moving average of its parameters (at those of its `evaluated`, where
 * it has them): `$a_t = \beta\,a_{t-1} + (1-\beta)\,\theta_t$` from a₀ = θ₀, without bias correction. After Polyak & Juditsky,
 * "Acceleration of Stochastic Approximation by Averaging", 1992. A refused step leaves the average alone. Running statistics of
 * the model are those of θ; `fit` computes them anew for a.
 *
 * a₀ counts for βᵗ after t steps: in runs of fewer than about 5/(1 − β) steps take a smaller decay.
 *
 * @throws `UserError` for a decay outside [0, 1).
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { fit, fixedRate, mlp, momentum, rows, softmax, weightAverage } from "@amortized/apo";
 *
 * const problem = { model: mlp([2, 8, 2]), output: softmax() };
 * const data = { train: rows({ inputs: [[0, 1], [1, 0]], labels: [0, 1] }) };
 * const base = fixedRate({ problem, direction: momentum(), learningRate: 0.1 });
 * for await (const event of fit({ problem, optimizer: weightAverage(base, { decay: 0.9 }), data, steps: 50 })) {
 *   if (event.kind === "finished") assert(event.train.loss < 0.5); // at the average
 * }
 * ```
 */
export function weightAverage<S extends Tree>(
  optimizer: Optimizer<S>,
  { decay = 0.999 }: WeightAverageOptions = {},
): Optimizer<WeightAverageState<S>> {
  decayRate("decay", decay);
  const inner = ({ params, buffers, state }: Carry<WeightAverageState<S>>): Carry<S> => ({
    params,
    buffers,
    state: state.optimizer,
  });
  const outer = (carry: Carry<S>, average: Tensors): Carry<WeightAverageState<S>> => ({
    ...carry,
    state: { optimizer: carry.state, average },
  });
  const evaluated = (carry: Carry<S>): Tensors => (optimizer.evaluated?.(carry) ?? carry).params;
  return {
    ...optimizer.problem && { problem: optimizer.problem },
    ...optimizer.arithmetic && { arithmetic: optimizer.arithmetic },
    init: (params, buffers) => {
      const carry = optimizer.init(params, buffers);
      return outer(carry, cloneTree(evaluated(carry)));
    },
    ...optimizer.prepare && {
      prepare: async (carry, batches, at) =>
        outer(await optimizer.prepare!(inner(carry), batches, at), carry.state.average),
    },
    step: (carry, batches, at) => {
      const next = tf.tidy(() => {
        // aliases, for the optimizer to consume: whatever throws, the caller's own are still there
        const { carry: after, metrics } = optimizer.step(cloneTree(inner(carry)), batches, at);
        const old = carry.state.average;
        const moved = mapTensors(evaluated(after), (x, name) => movingAverage(old[name], x, decay));
        const average = select(tf.equal(metrics.refusedInARow, 0), moved, old);
        return { carry: outer(after, average), metrics };
      });
      disposeTree(carry);
      return next;
    },
    ...optimizer.branch && { branch: optimizer.branch },
    evaluated: ({ state, buffers }) => ({ params: state.average, buffers }),
    ...optimizer.learned && { learned: (carry) => optimizer.learned!(inner(carry)) },
  };
}
