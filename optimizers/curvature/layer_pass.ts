/**
 * What structured curvature is made of: every linear layer's inputs and back-propagated gradients, in one pass.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Mode } from "../../models/model.ts";
import type { Batch, Problem } from "../../proximal/problem.ts";
import { UserError } from "../../runtime/errors.ts";
import { valueAndGradients } from "../../runtime/gradients.ts";
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";

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
  /** By layer: what came in. */
  readonly inputs: Tensors;
  /** By layer: ∂J_B/∂(what its linear map put out). A layer that the loss does not depend on is not there. */
  readonly deltas: Tensors;
  /** The parameters that the loss does not depend on: their gradients are 0. */
  readonly unused: readonly string[];
}

/**
 * The loss, its gradient, and by layer the inputs and the back-propagated gradients. Call it inside `tf.tidy`.
 *
 * @throws `UserError` for a layer that is applied twice: its two uses cannot be told apart.
 */
export function layerPass(problem: Problem, params: Tensors, buffers: Tree, batch: Batch, mode: Mode): LayerPass {
  const inputs: Record<string, Tensor> = {}, deltas: Record<string, Tensor> = {};
  const kept = (tensor: Tensor) => tf.keep(tensor.clone()); // outlives the tape's own tidy
  const tap = (layer: string, x: Tensor, outputs: Tensor): Tensor => {
    if (layer in inputs) throw new UserError(`layerPass: the layer "${layer}" is applied twice; give each use a layer`);
    inputs[layer] = kept(x);
    return tf.customGrad((y) => ({
      value: (y as Tensor).clone(),
      gradFunc: (dy: Tensor) => {
        deltas[layer] = kept(dy);
        return dy;
      },
    }))(outputs);
  };
  try {
    const { value, gradients, unused, auxiliary } = valueAndGradients((at) => {
      const applied = problem.model.apply(at, buffers, batch.inputs, { ...mode, tap });
      return { value: problem.loss(applied.outputs, batch.targets, batch.weights), auxiliary: { ...applied } };
    }, params);
    const handedOver = (tensors: Tensors) => mapTensors(tensors, (tensor) => tensor.clone());
    return {
      loss: value,
      gradient: gradients,
      ...auxiliary,
      inputs: handedOver(inputs),
      deltas: handedOver(deltas),
      unused,
    };
  } finally {
    tf.dispose([inputs, deltas]);
  }
}
