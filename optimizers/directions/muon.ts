/**
 * Muon: orthogonalized momentum.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Leaves } from "../../models/model.ts";
import { decayRate } from "../../runtime/errors.ts";
import { formatNow, inFloat32, inPart } from "../../runtime/precision/scope.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { finiteOrNan, mapTensors } from "../../runtime/tree.ts";
import type { Direction } from "./direction.ts";
import { matrixSides } from "../matrix_sides.ts";

/** Options of {@linkcode muon}. */
export interface MuonOptions {
  /** β. Default: 0.95. */
  readonly decay?: number;
  /** Of the model: which parameters are matrices. Default: all with two axes and more. */
  readonly leaves?: Leaves;
}

const ITERATIONS = 5;
const [A, B, C] = [3.4445, -4.775, 2.0315]; // steep at 0: singular values end between 0.68 and 1.21 from 2e-3 on
const EPSILON = 1e-7;

/**
 * The momentum's nearest semi-orthogonal matrix, nearly: with `$m_t = \beta m_{t-1} + g_t$`, for each kernel
 * `$d_t = \sqrt{\max(1, out/in)}\;\mathrm{NewtonSchulz}_5(g_t + \beta m_t)$`, and `$d_t = m_t$` for biases and embeddings
 * (Jordan et al. 2024, kellerjordan.github.io/posts/muon; in float32). A step of rate η changes every singular value of
 * a kernel by about η: rates around 0.02 suit many networks.
 *
 * The official recipe gives embeddings and the output layer to Adam; here they are treated alike. APO's usual λ_FSD does not suit it:
 * learn its rate with `recommended("muon", …)`, or give `amortize` the regime of `recommendedRegime("muon", …)`.
 *
 * @throws `UserError` unless β is from 0 to below 1.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 * import { muon } from "@amortized/apo/optimizers";
 *
 * const params = { kernel: tf.zeros([2, 2]) }, direction = muon();
 * const gradient = { kernel: tf.tensor2d([[3, 0], [0, 0.1]]) };
 * const d = direction.next(gradient, direction.init(params), params, { step: 0, seed: 0 }).direction.kernel;
 * const values = await d.data(); // both singular values are near 1 now
 * assertAlmostEquals(values[0], 1, 0.35);
 * assertAlmostEquals(values[3], 1, 0.35);
 * ```
 */
export function muon({ decay = 0.95, leaves = {} }: MuonOptions = {}): Direction<{ momentum: Tensors }> {
  decayRate("decay", decay);
  return {
    momentum: decay,
    init: (params) => ({ momentum: mapTensors(params, (x) => tf.zerosLike(x)) }),
    next: (gradient, state) => {
      const momentum = mapTensors(gradient, (g, name) => tf.add(tf.mul(state.momentum[name], decay), g));
      const direction = mapTensors(gradient, (g, name) => {
        const sides = leaves[name]?.role === "embedding" ? undefined : matrixSides(g.shape, leaves[name]);
        if (!sides) return momentum[name];
        const ahead = tf.reshape(tf.add(g, tf.mul(momentum[name], decay)), sides);
        const scale = Math.sqrt(Math.max(1, sides[1] / sides[0]));
        return tf.reshape(tf.mul(inPart("inverses", () => orthogonalized(ahead)), scale), g.shape);
      });
      return { direction, state: { momentum } };
    },
  };
}

/** X with its singular values moved to about 1, by five steps of the quintic Newton–Schulz iteration; NaN if ‖X‖² leaves float32. */
function orthogonalized(x: Tensor): Tensor {
  const [rows, columns] = x.shape as number[],
    unit = tf.div(x, tf.add(finiteOrNan(inFloat32(() => tf.norm(x))), EPSILON));
  const left = rows <= columns, gramOf = (y: Tensor): Tensor => tf.matMul(y, y, !left, left);
  const times = (q: Tensor, y: Tensor): Tensor => left ? tf.matMul(q, y) : tf.matMul(y, q);
  if (!formatNow()) return times(polynomial(gramOf(unit)), unit);
  let y = unit; // in narrow formats a Gram matrix loses its small eigenvalues, and a product of polynomials grows what is left of them
  for (let i = 0; i < ITERATIONS; i++) {
    const gram = gramOf(y), factor = tf.add(tf.mul(gram, B), tf.mul(tf.matMul(gram, gram), C));
    y = tf.add(tf.mul(y, A), times(factor, y));
  }
  return y;
}

/**
 * The Q with Q X the iteration's result, of the Gram matrix X Xᵀ: every iteration multiplies X by a polynomial of X Xᵀ, and
 * those commute, so that only matrices of the short side are multiplied.
 */
function polynomial(gram: Tensor): Tensor {
  const constant = tf.mul(tf.eye(gram.shape[0]), A);
  let product: Tensor | undefined;
  for (let i = 0; i < ITERATIONS; i++) {
    const factor = tf.addN([constant, tf.mul(gram, B), tf.mul(tf.matMul(gram, gram), C)]);
    product = product ? tf.matMul(factor, product) : factor;
    if (i < ITERATIONS - 1) gram = tf.matMul(tf.matMul(factor, gram), factor);
  }
  return product!;
}
