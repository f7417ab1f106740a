/** Optimizers on recorded gradients: a model whose gradient is its input, and the steps on it. */
import * as tf from "@tensorflow/tfjs";
import type { Carry, Model, Optimizer, Problem, Tensor, Tensors } from "../../mod.ts";
import { disposeTree } from "../../runtime/tree.ts";
import type { Compare, Recorded } from "./comparison.ts";
import { type Json, type Layout, same, swapped } from "./setting.ts";

/** Matrices are kernels, which golden files store [out, in]; vectors are biases. */
const layoutOf = ({ shape }: Recorded): Layout => shape.length === 2 ? swapped : same;

/** Golden parameters by the names p0, p1, … */
export const named = (recorded: Recorded[]): Tensors =>
  Object.fromEntries(recorded.map((r, i) => [`p${i}`, layoutOf(r).ours(r)]));

/** Compares each of them. */
export function compareNamed(compare: Compare, what: string, actual: Tensors, expected: Recorded[]): void {
  tf.tidy(() => expected.forEach((r, i) => compare(`${what} p${i}`, layoutOf(r).theirs(actual[`p${i}`]), r)));
}

/** Feeds `gradients` as recorded, wherever the parameters are, and compares `params_t` after each step; `also` sees each step. */
export async function followRecorded(
  { params0, gradients, params_t }: Json,
  optimizerOf: (problem: Problem) => Optimizer,
  compare: Compare,
  also: (carry: Carry, step: number, optimizer: Optimizer) => void | Promise<void>,
): Promise<void> {
  const optimizer = optimizerOf({
    model: linearForm(params0),
    output: { loss: (outputs) => tf.sum(outputs), discrepancy: () => tf.scalar(0) },
  });
  let carry = tf.tidy(() => optimizer.init(named(params0), {}));
  for (const [step, recorded] of (gradients as Recorded[][]).entries()) {
    const batch = tf.tidy(() => ({ inputs: named(recorded), targets: tf.scalar(0) }));
    const result = optimizer.step(carry, { batch, metaBatch: () => batch }, { step, seed: 0 });
    carry = result.carry;
    compareNamed(compare, `parameters after step ${step}:`, carry.params, params_t[step]);
    await also(carry, step, optimizer);
    disposeTree({ ...batch.inputs, targets: batch.targets, ...result.metrics });
  }
  disposeTree(carry);
}

/** A model whose gradient in each parameter is the input of that name: ⟨x, θ⟩. */
function linearForm(params: Recorded[]): Model {
  return {
    leaves: Object.fromEntries(params.map(({ shape }, i) => {
      const role = shape.length === 2 ? "dense" as const : "bias" as const;
      return [`p${i}`, { layer: `p${i}`, shape: shape.toReversed(), role }];
    })),
    init: () => ({ params: {}, buffers: {} }),
    apply: (at, buffers, inputs) => ({
      outputs: tf.addN(Object.keys(at).map((name) => tf.sum(tf.mul(at[name], inputs[name] as Tensor)))),
      buffers,
    }),
  };
}
