/**
 * Matrices between two factors that are full or block-diagonal, and the slopes of those factors; the right one may be diagonal.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { diagonalBlocks, multiplyLeft, multiplyRight } from "./block_factor.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The names of the kernels that do it without temporaries of the matrix's size, if B is not diagonal. Inputs of the first: `body`,
 * `last` where it is given, `a`, `b`; attributes {@linkcode Transposes}; results as the inputs. Of the second: `x`, `y`, and `xLast`,
 * `yLast` where they are given; attributes `a` and `b`, the factors' shapes; results for them.
 */
export const TWO_SIDED = "ApoTwoSided", BLOCK_PRODUCTS = "ApoBlockProducts";

/** A matrix whose last row may be a tensor of its own, as a layer's bias is. */
export interface Matrix {
  /** `[n, m]`, or all but the last row. */
  readonly body: Tensor;
  /** The last row, `[m]`. */
  readonly last?: Tensor;
}

/** Which factors are transposed. Default: neither. */
export interface Transposes {
  /** Aᵀ for A. */
  readonly transposeLeft?: boolean;
  /** Bᵀ for B. */
  readonly transposeRight?: boolean;
}

/** A X B, with factors as `identityFactor` makes them, or a diagonal B, `[n]`; the result's last row is apart where X's is. */
export function twoSided(a: Tensor, x: Matrix, b: Tensor, transposes: Transposes = {}): Matrix {
  const { transposeLeft = false, transposeRight = false } = transposes;
  if (b.rank > 1 && hasKernel(TWO_SIDED)) {
    const [body, last] = tf.engine().runKernel(TWO_SIDED, { ...x, a, b }, {
      transposeLeft,
      transposeRight,
    }) as Tensor[];
    return { body, ...last && { last } };
  }
  return apart(multiplyLeft(a, multiplyRight(whole(x), b, transposeRight), transposeLeft), x);
}

/**
 * The parts of X Yᵀ that lie in the blocks of A, and of Xᵀ Y in those of B, in the factors' shapes, with zeros beyond the
 * matrices: ∇⟨X, A Y B⟩ at A = I and B = I. Both or neither of X and Y have their last row apart.
 */
export function blockProducts(a: Tensor, x: Matrix, y: Matrix, b: Tensor): { a: Tensor; b: Tensor } {
  if (hasKernel(BLOCK_PRODUCTS)) {
    const lasts = { ...x.last && { xLast: x.last }, ...y.last && { yLast: y.last } };
    const shapes = { a: a.shape, b: b.shape };
    const products = tf.engine().runKernel(BLOCK_PRODUCTS, { x: x.body, y: y.body, ...lasts }, shapes) as Tensor[];
    return { a: products[0], b: products[1] };
  }
  const [left, right] = [whole(x), whole(y)];
  return {
    a: diagonalBlocks(a, left, right),
    b: diagonalBlocks(b, tf.transpose(left), tf.transpose(right)),
  };
}

function whole({ body, last }: Matrix): Tensor {
  return last ? tf.concat([body, tf.expandDims(last, 0)]) : body;
}

/** The matrix, with its last row apart where another's is. */
function apart(matrix: Tensor, { last }: Matrix): Matrix {
  if (!last) return { body: matrix };
  const [rows, columns] = matrix.shape;
  return {
    body: tf.slice(matrix, [0, 0], [rows - 1, columns]),
    last: tf.reshape(tf.slice(matrix, [rows - 1, 0], [1, columns]), [columns]),
  };
}

function hasKernel(name: string): boolean {
  return tf.engine().state.gradientDepth === 0 && tf.getKernel(name, tf.getBackend()) !== undefined;
}
