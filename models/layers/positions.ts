/**
 * Where in its sequence something stands, as a vector.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../../runtime/tensor.ts";

/**
 * Sinusoids of the positions `from`, `from` + 1, …, `[time, size]`: `$\sin(p\,10000^{-2i/size})$` in column 2i, the cosine of the
 * same angle in column 2i + 1 (Vaswani et al. 2017, arXiv 1706.03762, section 3.5). They are made on the device; there is no longest
 * sequence.
 */
export function sinusoids(time: number, size: number, from = 0): Tensor {
  return tf.tidy(() => {
    const pairs = Math.ceil(size / 2);
    const rates = Float32Array.from({ length: pairs }, (_, i) => 10000 ** (-2 * i / size));
    const angles = tf.mul(tf.reshape(tf.range(from, from + time), [time, 1]), tf.tensor2d(rates, [1, pairs]));
    const both = tf.reshape(tf.stack([tf.sin(angles), tf.cos(angles)], -1), [time, 2 * pairs]);
    return size % 2 === 0 ? both : tf.slice(both, [0, 0], [time, size]);
  });
}
