/**
 * Attention on wasm.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { AttentionAttributes } from "../attention.ts";
import type { Inputs, WorkContext } from "./context.ts";
import { addressOf } from "./heap.ts";
import { along, type Loop, NUMBER } from "./threads/split.ts";

/** Which argument of the kernels is memory to work in. */
const SCRATCH = 15;

/** As `runtime/attention.ts` says. The caller frees the results. */
export function attention(
  context: WorkContext,
  { q, k, v, mask }: Inputs,
  { heads }: AttentionAttributes,
): tf.TensorInfo[] {
  const { backend, kernels, workspace } = context, { batch, queries, keys, size } = sizesOf(q, k, heads);
  const weights = backend.makeOutput([batch, heads, queries, keys], "float32");
  const results = [backend.makeOutput(q.shape, "float32"), weights];
  const bytes = kernels.productBytes(), scratch = workspace.take(bytes);
  const [out, w, ...inputs] = [...results, q, k, v].map((tensor) => addressOf(backend, tensor));
  const [maskBatch, maskRow] = mask ? [mask.shape[0] > 1, mask.shape[2] > 1] : [false, false], row = 4 * keys;
  const masks = [
    mask ? addressOf(backend, mask) : 0,
    maskBatch ? row * mask.shape[2] : 0,
    maskRow ? row : 0,
  ];
  along(context, "attention", loop(q, k, heads, 2, bytes), ({ from, size: count }) => [
    ...[from, count, heads, queries, keys, size, ...inputs, ...masks, Math.sqrt(1 / size), w, out, scratch],
  ]);
  return results;
}

/** The gradients of q, k and v, which the caller frees. */
export function attentionGradient(
  context: WorkContext,
  { dy, q, k, v, weights }: Inputs,
  { heads }: AttentionAttributes,
): tf.TensorInfo[] {
  const { backend, kernels, workspace } = context, { queries, keys, size } = sizesOf(q, k, heads);
  const results = [q, k, v].map(({ shape }) => backend.makeOutput(shape, "float32"));
  const bytes = kernels.attentionBytes(queries, keys), scratch = workspace.take(bytes);
  const inputs = [dy, q, k, v, weights].map((tensor) => addressOf(backend, tensor));
  const outputs = results.map((tensor) => addressOf(backend, tensor));
  along(context, "attentionGradient", loop(q, k, heads, 4, bytes), ({ from, size: count }) => [
    ...[from, count, heads, queries, keys, size, ...inputs, Math.sqrt(1 / size), ...outputs, scratch],
  ]);
  return results;
}

function sizesOf(q: tf.TensorInfo, k: tf.TensorInfo, heads: number) {
  const [batch, queries, width] = q.shape;
  return { batch, queries, keys: k.shape[1], size: width / heads };
}

/** Over the heads of all sequences, which take so many products and an exponential for each pair of query and key. */
function loop(q: tf.TensorInfo, k: tf.TensorInfo, heads: number, products: number, bytes: number): Loop {
  const { batch, queries, keys, size } = sizesOf(q, k, heads), count = batch * heads;
  const work = count * queries * keys * (2 * products * size + 4 * NUMBER);
  return { count, work, scratch: { argument: SCRATCH, bytes } };
}
