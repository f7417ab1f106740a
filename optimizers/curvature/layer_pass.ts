/**
 * What structured curvature is made of: the inputs and back-propagated gradients of every use of a linear map, in one pass.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Mode } from "../../models/model.ts";
import type { UseOfMap } from "../../models/linear_map.ts";
import type { Batch, Problem } from "../../proximal/problem.ts";
import { valueAndGradients } from "../../runtime/gradients.ts";
import { unscaled } from "../../runtime/precision/unscaled.ts";
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";

/** One use of a linear map. */
export interface UsePass extends Pick<UseOfMap, "inputs" | "mask"> {
  /** ∂J_B/∂(what the map put out). */
  readonly delta: Tensor;
}

/** A pass forward and back. */
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
  /** The parameters that the loss does not depend on: their gradients are 0. */
  readonly unused: readonly string[];
}

/** The loss, its gradient, and the uses of linear maps. Call it inside `tf.tidy`. */
export function layerPass(problem: Problem, params: Tensors, buffers: Tree, batch: Batch, mode: Mode): LayerPass {
  const seen: { map: string; inputs: Tensor; mask?: Tensor; delta?: Tensor }[] = [];
  const kept = (tensor: Tensor) => tf.keep(tensor.clone()); // outlives the tape's own tidy
  const tap: Mode["tap"] = ({ name }, { inputs, outputs, mask }) => {
    const use: typeof seen[number] = { map: name, inputs: kept(inputs), ...mask && { mask: kept(mask) } };
    seen.push(use);
    return tf.customGrad((y) => ({
      value: (y as Tensor).clone(),
      gradFunc: (dy: Tensor) => {
        use.delta = kept(unscaled({ dy }).dy);
        return dy;
      },
    }))(outputs);
  };
  try {
    const { value, gradients, unused, auxiliary } = valueAndGradients((at) => {
      const applied = problem.model.apply(at, buffers, batch.inputs, { ...mode, tap });
      return { value: problem.output.loss(applied.outputs, batch.targets, batch.weights), auxiliary: { ...applied } };
    }, params);
    const uses: Record<string, UsePass[]> = {};
    for (const { map, inputs, mask, delta } of seen) {
      if (!delta) continue;
      (uses[map] ??= []).push({ inputs: inputs.clone(), delta: delta.clone(), ...mask && { mask: mask.clone() } });
    }
    return { loss: value, gradient: gradients, ...auxiliary, uses, unused };
  } finally {
    tf.dispose(seen.map(({ inputs, mask, delta }) => [inputs, mask, delta]) as never);
  }
}
