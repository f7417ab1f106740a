/**
 * The gradients of activations in one pass each, instead of tfjs's three.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../tensor.ts";
import { elementwise } from "./elementwise.ts";
import type { Expression } from "./expression.ts";

/** The derivative's factor, of what tfjs saves: the input of relu, the outputs y of the others. */
const factors: Readonly<Record<string, (saved: Expression) => Expression>> = {
  Relu: (x) => x.step(),
  Sigmoid: (y) => y.mul(-1).add(1).mul(y),
  Tanh: (y) => y.square().mul(-1).add(1),
};

/** Puts them in the place of tfjs's, on every backend. */
export function mendActivationGradients(): void {
  for (const [kernelName, factor] of Object.entries(factors)) {
    const product = elementwise(({ dy, saved }) => ({ dx: dy.mul(factor(saved)) }));
    const saves = kernelName === "Relu" ? { inputsToSave: ["x"] } : { outputsToSave: [true] };
    tf.unregisterGradient(kernelName);
    tf.registerGradient({
      kernelName,
      ...saves,
      gradFunc: (dy, [saved]) => ({ x: () => product({ dy: { x: dy as Tensor }, saved: { x: saved } }).dx.x }),
    });
  }
}
