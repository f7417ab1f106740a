/**
 * Attention of several heads: one kernel there and one back on wasm.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { formatNow, productsNow, sumsNow } from "./precision/scope.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The kernel: inputs `q`, `k`, `v` and perhaps `mask`, attributes {@linkcode AttentionAttributes}; its results are what the queries find, and
 * the weights, `[batch, heads, queries, keys]`.
 */
export const ATTENTION = "ApoAttention";
/** The kernel of the way back: inputs `dy`, `q`, `k`, `v` and those `weights`; its results are the gradients of q, k and v. */
export const ATTENTION_GRADIENT = "ApoAttentionGradient";

/** What the kernels are called with beside their tensors. */
export interface AttentionAttributes {
  readonly heads: number;
}

/** What attends to what. */
export interface Attended {
  /** `[batch, queries, size]`. */
  readonly q: Tensor;
  /** `[batch, keys, size]`. */
  readonly k: Tensor;
  /** `[batch, keys, size]`. */
  readonly v: Tensor;
  /** Added to each query's product with each key, `[batch, heads, queries, keys]` or 1 in their place. Constant. Default: nothing. */
  readonly mask?: Tensor;
}

/**
 * `$\mathrm{softmax}(q k^\top/\sqrt{d} + \mathrm{mask})\,v$` of each head, whose vectors are the parts of the last axis, of length
 * d = size / heads (Vaswani et al. 2017, arXiv 1706.03762, section 3.2): `[batch, queries, size]`. It has a gradient in q, k and v.
 */
export function attended(heads: number, inputs: Attended): Tensor {
  return byKernel(heads, inputs) ?? byOperations(heads, inputs);
}

/** undefined where the backend has no kernel for it, or the tensors are not as it takes them. */
function byKernel(heads: number, { q, k, v, mask }: Attended): Tensor | undefined {
  const [batch, queries] = q.shape,
    keys = k.shape[1],
    fits = (size: number, whole: number) => size === 1 || size === whole;
  const isPlain = [q, k, v, ...mask ? [mask] : []].every(({ dtype, size }) => dtype === "float32" && size > 0);
  const isMask = !mask || mask.rank === 4 && fits(mask.shape[0], batch) && mask.shape[1] === 1 &&
      fits(mask.shape[2]!, queries!) && mask.shape[3] === keys;
  const isNarrow = formatNow() ?? sumsNow() ?? productsNow(); // then each operation's result is rounded
  const nested = tf.engine().state.gradientDepth > 1; // a gradient of a gradient needs operations that have one
  if (!isPlain || !isMask || isNarrow || nested || !tf.getKernel(ATTENTION, tf.getBackend())) return undefined;
  const attributes = { heads };
  const found = tf.customGrad((q, k, v, save) => {
    const inputs = { q, k, v, ...mask && { mask } } as tf.NamedTensorMap;
    const [value, weights] = tf.engine().runKernel(ATTENTION, inputs, attributes) as Tensor[];
    (save as tf.GradSaveFunc)([q as Tensor, k as Tensor, v as Tensor, weights]);
    return {
      value,
      gradFunc: (dy: Tensor, [q, k, v, weights]: Tensor[]) =>
        tf.engine().runKernel(ATTENTION_GRADIENT, { dy, q, k, v, weights }, attributes) as Tensor[],
    };
  });
  return found(q, k, v);
}

function byOperations(heads: number, { q, k, v, mask }: Attended): Tensor {
  const [batch, queries, size] = q.shape as [number, number, number];
  const split = (x: Tensor): Tensor =>
    tf.transpose(tf.reshape(x, [x.shape[0], x.shape[1]!, heads, size / heads]), [0, 2, 1, 3]);
  const scores = tf.matMul(split(tf.mul(q, Math.sqrt(heads / size))), split(k), false, true);
  const weights = tf.softmax(mask ? tf.add(scores, mask) : scores);
  return tf.reshape(tf.transpose(tf.matMul(weights, split(v)), [0, 2, 1, 3]), [batch, queries, size]);
}
