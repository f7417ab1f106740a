/** Family o: torch.optim's parameters after each step on recorded gradients. */
import * as tf from "@tensorflow/tfjs";
import {
  adam,
  chain,
  clipByGlobalNorm,
  type Direction,
  fixedRate,
  gradient,
  type Model,
  momentum,
  rmsprop,
  type Tensor,
} from "../../mod.ts";
import { disposeTree } from "../../runtime/tree.ts";
import type { Compare, Recorded } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { type Json, same } from "./setting.ts";

const directions: Record<string, (options: Json) => Direction> = {
  sgd: () => gradient(),
  momentum: (o) => momentum({ decay: o.decay, nesterov: o.nesterov }),
  rmsprop: (o) => rmsprop({ decay: o.decay, epsilon: o.eps }),
  adam: (o) => adam({ decay1: o.b1, decay2: o.b2, epsilon: o.eps }),
  adamw: (o) => adam({ decay1: o.b1, decay2: o.b2, epsilon: o.eps }),
};

export function torchTrajectory(file: Json, compare: Compare): void {
  onlyKnown("file", file, [
    ...["case", "conventions", "optimizer", "params0", "gradients", "params_t", "clip_global_norm"],
    "norm_before_clipping_t",
  ]);
  const { optimizer: options, params0 } = file;
  const base = directions[options.kind](options);
  const optimizer = fixedRate({
    problem: { model: linearForm(params0), loss: (outputs) => tf.sum(outputs), discrepancy: () => tf.scalar(0) },
    direction: file.clip_global_norm ? chain(clipByGlobalNorm(file.clip_global_norm), base) : base,
    learningRate: options.lr,
    weightDecay: options.decoupled_weight_decay,
  });
  const named = (recorded: Recorded[]) => Object.fromEntries(recorded.map((r, i) => [`p${i}`, same.ours(r)]));
  let carry = tf.tidy(() => optimizer.init(named(params0), {}));
  file.gradients.forEach((gradients: Recorded[], step: number) => {
    const batch = { inputs: named(gradients), targets: tf.scalar(0) };
    const result = optimizer.step(carry, { batch, metaBatch: () => batch }, { step, seed: 0 });
    carry = result.carry;
    file.params_t[step].forEach((expected: Recorded, i: number) =>
      compare(`p${i} after ${step}`, carry.params[`p${i}`], expected)
    );
    if (file.norm_before_clipping_t) {
      const norm = Math.hypot(...gradients.flatMap((g) => g.data));
      compare("norm", norm, file.norm_before_clipping_t[step]);
    }
    disposeTree({ ...batch.inputs, targets: batch.targets, ...result.metrics });
  });
  disposeTree(carry);
}

/** A model whose gradient in each parameter is the input of that name: ⟨x, θ⟩. */
function linearForm(params: Recorded[]): Model {
  return {
    leaves: Object.fromEntries(
      params.map(({ shape }, i) => [`p${i}`, { layer: `p${i}`, shape, role: "bias" as const }]),
    ),
    init: () => ({ params: {}, buffers: {} }),
    apply: (at, buffers, inputs) => ({
      outputs: tf.addN(Object.keys(at).map((name) => tf.sum(tf.mul(at[name], inputs[name] as Tensor)))),
      buffers,
    }),
  };
}
