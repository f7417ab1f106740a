/**
 * Where a training begins.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Carry } from "../optimizers/optimizer.ts";
import type { Tree } from "../runtime/tensor.ts";
import type { FitOptions } from "./fit_options.ts";
import { type HostArrays, restore } from "./snapshot.ts";

/** New parameters, or those of a checkpoint. */
export function startingCarry<S extends Tree>({ problem, optimizer, seed = 0, resume }: FitOptions<S>): Carry<S> {
  return tf.tidy(() => {
    const { params, buffers } = problem.model.init(seed);
    const carry = optimizer.init(params, buffers);
    return resume ? restore(carry, resume.arrays) : carry;
  });
}

/** How many steps a checkpoint says were refused. */
export function alreadyRefused(resume?: { arrays: HostArrays }): number {
  const entries = Object.entries(resume?.arrays ?? {});
  return entries.find(([path]) => /^state\.(optimizer\.)*refused$/.test(path))?.[1].data[0] ?? 0;
}
