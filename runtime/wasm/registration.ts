/**
 * How kernels of the wasm backend are registered.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { addKernel, replaceKernel } from "../mend.ts";
import type { Inputs, WorkContext } from "./context.ts";

/** A kernel, typed by its own contract, which tfjs's types do not carry. */
type Kernel<Attributes, Result> = (context: WorkContext, inputs: Inputs, attributes: Attributes) => Result;

/** Registers kernels that work with one context, in the place of those that were registered with another. */
export class Registration {
  readonly #context: WorkContext;

  /** @param context What the kernels work with. */
  constructor(context: WorkContext) {
    this.#context = context;
  }

  /** A kernel that tfjs lacks. */
  add<Attributes>(name: string, kernel: Kernel<Attributes, tf.TensorInfo | tf.TensorInfo[]>): void {
    addKernel(name, "wasm", this.#bound(kernel));
  }

  /** A kernel in the place of tfjs's, which still computes what this one leaves undefined. */
  replace<Attributes>(name: string, kernel: Kernel<Attributes, tf.TensorInfo | tf.TensorInfo[] | undefined>): void {
    const mended = this.#bound(kernel);
    replaceKernel(name, "wasm", (original) => (call) => mended(call) ?? original(call));
  }

  #bound<Attributes, Result>(kernel: Kernel<Attributes, Result>): (call: Parameters<tf.KernelFunc>[0]) => Result {
    return ({ inputs, attrs }) => kernel(this.#context, inputs as Inputs, attrs as Attributes);
  }
}
