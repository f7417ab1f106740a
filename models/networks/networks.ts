/**
 * The networks of the experiments, each a list of layers.
 * @module
 */
import type { Activation } from "../activations.ts";
import { sequential } from "../layers/series.ts";
import { conv2d } from "../layers/conv2d.ts";
import { type Bias, dense } from "../layers/dense.ts";
import { maxPool } from "../layers/pool.ts";
import { flatten, reshape } from "../layers/reshape.ts";
import { UserError } from "../../runtime/errors.ts";
import type { Model } from "../model.ts";

/** Options of {@linkcode mlp} and {@linkcode autoencoder}. */
export interface MlpOptions {
  /** Of the hidden layers. Default: `"relu"`, in autoencoders `"tanh"`. */
  readonly activation?: Activation;
  /** Of every layer. Default: `"separate"`. */
  readonly bias?: Bias;
}

/**
 * A multilayer perceptron: `mlp([784, 256, 10])` has one hidden layer of 256. The last layer is linear.
 *
 * @param widths Inputs, hidden layers, outputs; at least two numbers.
 */
export function mlp(widths: readonly number[], { activation = "relu", bias = "separate" }: MlpOptions = {}): Model {
  atLeastTwo("mlp", widths);
  const units = widths.slice(1);
  const layers = units.map((n, i) =>
    dense({ units: n, bias, activation: i < units.length - 1 ? activation : "linear" })
  );
  return sequential([widths[0]], layers);
}

function atLeastTwo(network: string, widths: readonly number[]): void {
  if (widths.length >= 2) return;
  throw new UserError(`${network}: widths [${widths}] make no layer; give those of inputs and outputs at least`);
}

/** One linear layer: softmax or linear regression. */
export function linear(inputs: number, outputs: number, { bias = "separate" }: { readonly bias?: Bias } = {}): Model {
  return mlp([inputs, outputs], { bias });
}

/**
 * An autoencoder with mirrored widths: `autoencoder([784, 1000, 500, 250, 30])` is the 8-layer network of Hinton &
 * Salakhutdinov (2006). Code and outputs are linear (the outputs are logits).
 */
export function autoencoder(
  widths: readonly number[],
  { activation = "tanh", bias = "separate" }: MlpOptions = {},
): Model {
  atLeastTwo("autoencoder", widths);
  const mirrored = [...widths, ...widths.slice(0, -1).reverse()];
  const code = widths.length - 2, last = mirrored.length - 2;
  return sequential(
    [mirrored[0]],
    mirrored.slice(1).map((units, i) =>
      dense({ units, bias, activation: i === code || i === last ? "linear" : activation })
    ),
  );
}

/** A small convolutional classifier of square grey images that come as vectors: two 3×3 convolutions with pooling, one hidden layer. */
export function convNet(side: number, classes: number): Model {
  return sequential([side * side], [
    reshape([side, side, 1]),
    conv2d({ filters: 8, window: 3, activation: "relu" }),
    maxPool({ window: 2 }),
    conv2d({ filters: 16, window: 3, activation: "relu" }),
    maxPool({ window: 2 }),
    flatten(),
    dense({ units: 64, activation: "relu" }),
    dense({ units: classes }),
  ]);
}
