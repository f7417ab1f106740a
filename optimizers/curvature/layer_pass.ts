/**
 * What structured curvature is made of: the inputs and back-propagated gradients of every use of a linear map, in one pass.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Mode } from "../../models/model.ts";
import type { UseOfMap } from "../../models/linear_map.ts";
import type { Batch, Likelihood, Problem } from "../../proximal/problem.ts";
import { constant, valuesAndGradients } from "../../runtime/gradients.ts";
import { inFloat32 } from "../../runtime/precision/scope.ts";
import { unscaled } from "../../runtime/precision/unscaled.ts";
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";

/** One use of a linear map. */
export interface UsePass extends Pick<UseOfMap, "inputs" | "mask"> {
  /** ∂J_B/∂(what the map put out). */
  readonly delta: Tensor;
}

/** A pass forward and back, or with the uses of targets that were drawn one forward and two back. */
export interface LayerPass {
  /** J_B(θ). */
  readonly loss: Tensor;
  /** ∇J_B(θ). */
  readonly gradient: Tensors;
  /** f(B, θ). */
  readonly outputs: Tensor;
  /** The model's buffers after the pass. */
  readonly buffers: Tree;
  /** The uses of each linear map, by its name; of a use that the loss does not depend on there is none. */
  readonly uses: Readonly<Record<string, readonly UsePass[]>>;
  /** The parameters that this loss does not depend on: their gradients are 0. */
  readonly unused: readonly string[];
}

/** Another loss than J, on targets of the outputs' own. */
export interface OwnTargets extends Pick<Likelihood, "loss"> {
  /** Targets for the outputs. */
  draw(outputs: Tensor): Tensor;
}

/**
 * The loss, its gradient, and the uses of linear maps. Call it inside `tf.tidy`.
 *
 * @param own With it, the uses are those of that loss.
 */
export function layerPass(
  problem: Problem,
  params: Tensors,
  buffers: Tree,
  batch: Batch,
  mode: Mode,
  own?: OwnTargets,
): LayerPass {
  let records = own === undefined; // or from the way back from its loss on, which is the last
  const drawn = (outputs: Tensor) => constant(() => inFloat32(() => own!.draw(outputs))); // else rare targets were never drawn
  const seen: { map: string; inputs: Tensor; mask?: Tensor; delta?: Tensor }[] = [];
  const kept = (tensor: Tensor) => tf.keep(tensor.clone()); // outlives the tape's own tidy
  const tap: Mode["tap"] = ({ name }, { inputs, outputs, mask }) => {
    const use: typeof seen[number] = { map: name, inputs: kept(inputs), ...mask && { mask: kept(mask) } };
    seen.push(use);
    return tf.customGrad((y) => ({
      value: (y as Tensor).clone(),
      gradFunc: (dy: Tensor) => {
        if (records) use.delta = kept(unscaled({ dy }).dy);
        return dy;
      },
    }))(outputs);
  };
  try {
    const { passes, auxiliary } = valuesAndGradients((at) => {
      const applied = problem.model.apply(at, buffers, batch.inputs, { ...mode, tap }), { outputs } = applied;
      const loss = problem.output.loss(outputs, batch.targets, batch.weights);
      const others = own ? [begun(own.loss(outputs, drawn(outputs), batch.weights), () => records = true)] : [];
      return { values: [loss, ...others], auxiliary: { ...applied } };
    }, params);
    const { value: loss, gradients: gradient } = passes[0], { unused } = passes.at(-1)!;
    const uses: Record<string, UsePass[]> = {};
    for (const { map, inputs, mask, delta } of seen) {
      if (!delta) continue;
      (uses[map] ??= []).push({ inputs: inputs.clone(), delta: delta.clone(), ...mask && { mask: mask.clone() } });
    }
    return { loss, gradient, ...auxiliary, uses, unused };
  } finally {
    tf.dispose(seen.map(({ inputs, mask, delta }) => [inputs, mask, delta]) as never);
  }
}

/** A value, on the way back from which something is done first. */
function begun(value: Tensor, first: () => void): Tensor {
  return tf.customGrad((x) => ({
    value: (x as Tensor).clone(),
    gradFunc: (dy: Tensor) => {
      first();
      return dy;
    },
  }))(value);
}
