/**
 * Kronecker-structured linear maps of matrices, G ↦ A (S² ∘ (Aᵀ G B)) Bᵀ, with A and B full or block-diagonal.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { diagonalBlocks, multiplyLeft, multiplyRight } from "./block_factor.ts";
import { elementwise } from "./elementwise/elementwise.ts";
import type { Tensor } from "./tensor.ts";

/** The names of the kernels that do it without temporaries of G's size: inputs `g`, `c`, `scale` and, where given, `a`, `b`. */
export const KRONECKER = "ApoKronecker", KRONECKER_GRADIENTS = "ApoKroneckerGradients";

/** What the map is made of. An absent factor is the identity. */
export interface KroneckerForm {
  /** S, of the matrix's shape. */
  readonly scale: Tensor;
  /** A, on the side of the rows: `[n, n]`, or a stack of blocks as `identityFactor` makes it. */
  readonly a?: Tensor;
  /** B, on the side of the columns. */
  readonly b?: Tensor;
}

const LARGEST = 256; // beyond it a strip of the matrix as high as a block leaves the cache, and whole products are as quick

const scaling = elementwise(({ x, s }) => ({ x: s.square().mul(x) }));
const scalingGradients = elementwise(({ n, m, s }) => {
  const square = s.square();
  return { scaledN: square.mul(n), scaledM: square.mul(m), slope: n.mul(m).mul(s).mul(2) };
});

/** A (S² ∘ (Aᵀ G B)) Bᵀ for a matrix G. Differentiable. */
export function kronecker(form: KroneckerForm, g: Tensor): Tensor {
  if (hasKernel(KRONECKER, form)) return tf.engine().runKernel(KRONECKER, { g, ...given(form) }) as Tensor;
  const { scale, a, b } = form;
  const { x: scaled } = scaling({ x: { g: inside(form, g) }, s: { g: scale } });
  const back = b ? multiplyRight(scaled.g, b, true) : scaled.g;
  return a ? multiplyLeft(a, back) : back;
}

/** ∇⟨C, A (S² ∘ (Aᵀ G B)) Bᵀ⟩ in S, A and B, with G and C constant. */
export function kroneckerGradients(form: KroneckerForm, g: Tensor, c: Tensor): KroneckerForm {
  const { scale, a, b } = form;
  if (hasKernel(KRONECKER_GRADIENTS, form)) {
    const slopes = tf.engine().runKernel(KRONECKER_GRADIENTS, { g, c, ...given(form) }) as Tensor[];
    return Object.fromEntries(Object.keys(given(form)).map((name, i) => [name, slopes[i]])) as unknown as KroneckerForm;
  }
  // ⟨C, P G⟩ = ⟨M, S² ∘ N⟩ with N = Aᵀ G B and M = Aᵀ C B
  const slopes = scalingGradients({ n: { g: inside(form, g) }, m: { g: inside(form, c) }, s: { g: scale } });
  const scaledN = slopes.scaledN.g, scaledM = slopes.scaledM.g;
  const right = (x: Tensor) => b ? multiplyRight(x, b) : x, left = (x: Tensor) => a ? multiplyLeft(a, x) : x;
  return {
    scale: slopes.slope.g,
    ...a && { a: tf.add(diagonalBlocks(a, right(c), scaledN), diagonalBlocks(a, right(g), scaledM)) },
    ...b && {
      b: tf.add(
        diagonalBlocks(b, tf.transpose(c), tf.transpose(left(scaledN))),
        diagonalBlocks(b, tf.transpose(g), tf.transpose(left(scaledM))),
      ),
    },
  };
}

/** Aᵀ X B */
function inside({ a, b }: KroneckerForm, x: Tensor): Tensor {
  const outside = b ? multiplyRight(x, b) : x;
  return a ? multiplyLeft(a, outside, true) : outside;
}

/** The parts that are there. */
function given({ scale, a, b }: KroneckerForm): Record<string, Tensor> {
  return { scale, ...a && { a }, ...b && { b } };
}

function hasKernel(name: string, { a, b }: KroneckerForm): boolean {
  const factors = [a, b].filter((factor) => factor !== undefined);
  return factors.length > 0 && factors.every(({ shape }) => shape[shape.length - 1] <= LARGEST) &&
    tf.engine().state.gradientDepth === 0 && tf.getKernel(name, tf.getBackend()) !== undefined;
}
