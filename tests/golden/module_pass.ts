/** Family g's modules: one pass with the gradients of a loss, and comparisons on every backend. */
import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { inference, type Mode, type Model, type Tensor, type Tensors, type Tree } from "../../mod.ts";
import { valueAndGradients } from "../../runtime/gradients.ts";
import { disposeTree } from "../../runtime/tree.ts";
import type { Compare, Recorded } from "./comparison.ts";
import { type Json, same } from "./setting.ts";

/** Arrays by name. */
export type Arrays = Readonly<Record<string, Recorded>>;

/** Recorded arrays as tensors. */
export const tensorsOf = (arrays: Arrays): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(arrays).map(([name, recorded]) => [name, same.ours(recorded)]));

/** Batch statistics, and random numbers that nobody should draw. */
export const training: Mode = { ...inference, training: true };

/** A nested list of integers, such as tokens or labels. */
export const integers = (list: Json): Tensor => tf.tensor(list, undefined, "int32");

/** What a pass gives, and the gradients of Σ outputs ⊙ cotangent in the parameters and in `x`, each by its name. */
export type ModulePass = {
  readonly output: Tensor;
  readonly loss: Tensor;
  readonly buffers: Record<string, Tensor>;
  readonly gradients: Record<string, Tensor>;
};

/** A pass at recorded values. Call it inside `tf.tidy`. */
export function modulePass(
  { model, params, x, buffers = {}, cotangent, mode }: {
    readonly model: Model;
    readonly params: Arrays;
    readonly x: Recorded;
    readonly buffers?: Arrays;
    readonly cotangent: Recorded;
    readonly mode: Mode;
  },
): ModulePass {
  assertEquals(Object.keys(params).sort(), Object.keys(model.leaves).sort(), "parameters");
  assertEquals(Object.keys(buffers).sort(), tf.tidy(() => Object.keys(model.init(0).buffers)).sort(), "buffers");
  const weights = same.ours(cotangent), before = tensorsOf(buffers);
  const { value, gradients, auxiliary } = valueAndGradients<{ outputs: Tensor; buffers: Tree }>(({ x, ...params }) => {
    const applied = model.apply(params, before, { x }, mode);
    return { value: tf.sum(tf.mul(applied.outputs, weights)), auxiliary: { ...applied } };
  }, { ...tensorsOf(params), x: same.ours(x) });
  return { output: auxiliary.outputs, loss: value, buffers: { ...auxiliary.buffers as Tensors }, gradients };
}

/** Compares tensors, read as WebGPU wants it, with arrays of the same names and shapes, and disposes of them. */
export async function compareArrays(
  compare: Compare,
  what: string,
  ours: Tensors,
  theirs: Readonly<Record<string, Recorded | number>>,
  tolerance?: number,
): Promise<void> {
  assertEquals(Object.keys(ours).sort(), Object.keys(theirs).sort(), what);
  for (const [name, expected] of Object.entries(theirs)) {
    const { shape } = ours[name];
    if (typeof expected !== "number") assertEquals(shape, expected.shape, `${what} ${name}`);
    compare(
      `${what} ${name}`,
      await ours[name].data(),
      typeof expected === "number" ? [expected] : expected,
      tolerance,
    );
  }
  disposeTree(ours);
}

/** Compares a pass with a case's `output`, `loss` and `gradients`. */
export async function comparePass(
  compare: Compare,
  what: string,
  { output, loss, gradients }: ModulePass,
  expected: Json,
): Promise<void> {
  await compareArrays(compare, what, { output, loss }, { output: expected.output, loss: expected.loss });
  await compareArrays(compare, `${what}, gradient`, gradients, expected.gradients);
}
