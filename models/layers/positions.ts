/**
 * Where in its sequence something stands, as a vector.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../../runtime/tensor.ts";

/**
 * Sinusoids of the positions `from`, `from` + 1, …, `[time, size]`: `$\sin(p\,10000^{-2i/size})$` in column 2i, the cosine of the
 * same angle in column 2i + 1 (Vaswani et al. 2017, arXiv 1706.03762, section 3.5). There is no longest sequence.
 */
export function sinusoids(time: number, size: number, from = 0): Tensor {
  const values = new Float32Array(time * size); // on the host: so few are made sooner than kernels are called
  for (let column = 0; column < size; column++) {
    const rate = 10000 ** (-2 * (column >> 1) / size), wave = column % 2 === 0 ? Math.sin : Math.cos;
    for (let row = 0; row < time; row++) values[row * size + column] = wave((from + row) * rate);
  }
  return tf.tensor2d(values, [time, size]);
}
