/**
 * What narrow gradients lose.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Batch, Problem } from "../../proximal/problem.ts";
import { roundedIn } from "../../runtime/precision/rounded_kernels.ts";
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";
import { gradientStep } from "../gradient_step.ts";
import { narrowProblem } from "./narrow.ts";
import type { Policy } from "./policy.ts";

/**
 * The share of a gradient's numbers that are 0 in the policy's format without a scale of the loss, and are not in float32: from 0 to 1,
 * of those that are not 0 in float32.
 */
export async function underflow(
  problem: Problem,
  policy: Policy,
  { params, buffers, batch }: { readonly params: Tensors; readonly buffers: Tree; readonly batch: Batch },
): Promise<number> {
  const share = tf.tidy(() => {
    const gradient = (of: Problem): Tensors =>
      gradientStep(of, { params, buffers, state: {} }, batch, { step: 0, seed: 0 }).gradient;
    const wide = gradient(problem);
    const narrow = roundedIn(policy.arithmetic, "update", () => gradient(narrowProblem(problem, policy)));
    const count = (there: (name: string) => Tensor): Tensor =>
      tf.addN(Object.keys(params).map((name) => tf.sum(tf.cast(there(name), "float32"))));
    const matters = (name: string): Tensor => tf.notEqual(wide[name], 0);
    const lost = count((name) => tf.logicalAnd(matters(name), tf.equal(narrow[name], 0)));
    return tf.divNoNan(lost, count(matters));
  });
  try {
    return (await share.data())[0];
  } finally {
    share.dispose();
  }
}
