/**
 * Fully connected layers.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { denseLayer } from "../../runtime/dense_layer.ts";
import { positiveWhole, UserError } from "../../runtime/errors.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { type Activation, activations, checkActivation, initFor } from "../activations.ts";
import { type Init, initialKernel } from "../init.ts";
import type { Module } from "../module.ts";

/** Where a layer's bias lives: a parameter of its own, the last row of the kernel (for a constant input 1), or nowhere. */
export type Bias = "separate" | "homogeneous" | "none";

/** Options of {@linkcode dense}. */
export interface DenseOptions {
  /** Outputs. */
  readonly units: number;
  /** Default: `"linear"`. */
  readonly activation?: Activation;
  /** Default: `"separate"`. Biases start at 0. */
  readonly bias?: Bias;
  /** Default: what suits the activation. */
  readonly init?: Init;
}

/** `activation(x W + b)` of the last axis of inputs `[batch, …, in]`; the kernel is `[in, units]`. */
export function dense({ units, activation = "linear", bias = "separate", init }: DenseOptions): Module {
  positiveWhole("dense: units", units);
  checkActivation("dense: activation", activation);
  return {
    kind: "dense",
    build: (site, input) => {
      const fanIn = input.at(-1) ?? 0;
      if (fanIn < 1) {
        throw new UserError(
          `dense: an input of shape [${input}] has no last axis of known size; give one of 1 and more`,
        );
      }
      const kernel = site.param("kernel", {
        shape: [bias === "homogeneous" ? fanIn + 1 : fanIn, units],
        role: "dense",
        init: (random) => {
          const weights = () => initialKernel(init ?? initFor[activation], [fanIn, units], random);
          return bias === "homogeneous" ? tf.tidy(() => tf.concat([weights(), tf.zeros([1, units])])) : weights();
        },
      });
      const shift = bias === "separate"
        ? site.param("bias", { shape: [units], role: "bias", init: () => tf.zeros([units]) })
        : undefined;
      const map = site.map({ kernel, bias: shift });
      return {
        output: [...input.slice(0, -1), units],
        apply: (pass, x) => {
          const rows = x.rank === 2 ? x : tf.reshape(x, [-1, fanIn]), w = pass.param(kernel);
          const b = shift && pass.param(shift);
          const shaped = (y: Tensor): Tensor => x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), units]);
          const fused = b && !pass.tapped && denseLayer(rows, w, b, activation);
          if (fused) return shaped(fused);
          const inputs = bias === "homogeneous" ? tf.concat([rows, tf.ones([rows.shape[0], 1])], 1) : rows;
          const product = tf.matMul(inputs as tf.Tensor2D, w as tf.Tensor2D);
          const outputs = shaped(b ? tf.add(product, b) : product);
          const seen = x.rank === 2 ? inputs : tf.reshape(inputs, [...x.shape.slice(0, -1), inputs.shape[1]!]);
          return activations[activation](pass.use(map, { inputs: seen, outputs }));
        },
      };
    },
  };
}
