/**
 * Activations by name.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { oneOf } from "../runtime/errors.ts";
import type { Tensor } from "../runtime/tensor.ts";
import type { Init } from "./init.ts";

/** An activation's name. */
export type Activation = "linear" | "relu" | "tanh" | "sigmoid";

/** The functions. */
export const activations: Readonly<Record<Activation, (x: Tensor) => Tensor>> = {
  linear: (x) => x,
  relu: (x) => tf.relu(x),
  tanh: (x) => tf.tanh(x),
  sigmoid: (x) => tf.sigmoid(x),
};

/** @throws `UserError` for another name. */
export function checkActivation(argument: string, name: Activation): void {
  oneOf(argument, name, Object.keys(activations));
}

/** The initial weights that keep the scale of what passes through each. */
export const initFor: Readonly<Record<Activation, Init>> = {
  linear: "lecun",
  relu: "he",
  tanh: "glorot",
  sigmoid: "glorot",
};
