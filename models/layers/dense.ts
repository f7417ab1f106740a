/**
 * Fully connected layers.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { denseLayer } from "../../runtime/dense_layer.ts";
import { UserError } from "../../runtime/errors.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { type Activation, activations, initFor } from "../activation.ts";
import { type Init, initialKernel } from "../init.ts";
import type { Layer } from "./layer.ts";

/** Where a layer's bias lives: a parameter of its own, the last row of the kernel (for a constant input 1), or nowhere. */
export type Bias = "separate" | "homogeneous" | "none";

/** Options of {@linkcode dense}. */
export interface DenseOptions {
  /** Outputs. */
  readonly units: number;
  /** `"linear"` unless given. */
  readonly activation?: Activation;
  /** `"separate"` unless given. Biases start at 0. */
  readonly bias?: Bias;
  /** Unless given, what suits the activation. */
  readonly init?: Init;
}

/** `activation(x W + b)` of inputs `[batch, in]`; the kernel is `[in, units]`. */
export function dense({ units, activation = "linear", bias = "separate", init }: DenseOptions): Layer {
  return {
    kind: "dense",
    build: (inputShape) => {
      if (inputShape.length !== 1) {
        throw new UserError(`dense: an input of shape [${inputShape}] is no vector; put flatten() before it`);
      }
      const fanIn = inputShape[0], rows = bias === "homogeneous" ? fanIn + 1 : fanIn;
      return {
        outputShape: [units],
        leaves: {
          kernel: { shape: [rows, units], role: "dense" },
          ...bias === "separate" && { bias: { shape: [units], role: "bias" as const } },
        },
        init: (random): Tensors => {
          const weights = () => initialKernel(init ?? initFor[activation], [fanIn, units], random);
          if (bias === "none") return { kernel: weights() };
          if (bias === "separate") return { kernel: weights(), bias: tf.zeros([units]) };
          return { kernel: tf.tidy(() => tf.concat([weights(), tf.zeros([1, units])])) };
        },
        apply: (params, x, mode) => {
          const fused = bias === "separate" && !mode.tapped && denseLayer(x, params.kernel, params.bias, activation);
          if (fused) return fused;
          const inputs = bias === "homogeneous" ? withOnes(x) : x;
          const product = tf.matMul(inputs as tf.Tensor2D, params.kernel as tf.Tensor2D);
          const outputs: Tensor = bias === "separate" ? tf.add(product, params.bias) : product;
          return activations[activation](mode.tap(inputs, outputs));
        },
      };
    },
  };
}

/** Appends the constant input 1 that a homogeneous bias multiplies. */
function withOnes(x: Tensor): Tensor {
  return tf.concat([x, tf.ones([x.shape[0], 1])], 1);
}
