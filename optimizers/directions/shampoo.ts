/**
 * Shampoo: Kronecker factors of AdaGrad's matrix.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Leaves } from "../../models/model.ts";
import { positive, positiveWhole } from "../../runtime/errors.ts";
import { inverseRoot } from "../../runtime/linear_algebra/inverse_root.ts";
import { inPart } from "../../runtime/precision/scope.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import { stepOf } from "../branches.ts";
import type { Direction } from "./direction.ts";
import { matrixSides, oversized } from "../matrix_sides.ts";
import { type Blocks, blocksOf, cut, join } from "./blocks.ts";

/** Options of {@linkcode shampoo}. */
export interface ShampooOptions {
  /** ε: what the sums start at. Default: 1e-4. */
  readonly epsilon?: number;
  /** T: steps between roots. Default: 10; the first T steps take them each. */
  readonly every?: number;
  /** Larger sides are cut into blocks with factors of their own. Default: 128. */
  readonly blockSize?: number;
  /** Of the model: which parameters are matrices. Default: all with two axes and more. */
  readonly leaves?: Leaves;
}

/** The state of {@linkcode shampoo}: by parameter, a stack of a matrix for each block, or of its diagonal, `[blocks, n]`. */
export type ShampooState = {
  /** εI + Σ G Gᵀ. */
  readonly left: Tensors;
  /** εI + Σ Gᵀ G; matrices only. */
  readonly right: Tensors;
  /** Their inverse roots at the last multiple of T. */
  readonly leftRoot: Tensors;
  readonly rightRoot: Tensors;
};

/**
 * `$L_t = L_{t-1} + G_t G_t^\top$`, `$R_t = R_{t-1} + G_t^\top G_t$`, `$d_t = L_t^{-1/4} G_t R_t^{-1/4}$` for each kernel, and
 * `$d_t = (\epsilon I + \sum g g^\top)^{-1/2} g_t$` for vectors (Gupta, Koren, Singer 2018, arXiv 1802.09568, orders 2 and 1). Roots
 * are taken every T steps, by eigenvectors in float64 on the host or a Newton iteration on WebGPU, and sides beyond the block size
 * are cut into blocks, as in Anil et al. 2020 (arXiv 2002.09018). On a side that is {@linkcode oversized}, such as a vocabulary's, L or R
 * is diagonal instead (the first paper's diagonal Shampoo). No grafting; the paper adds momentum: `chain(shampoo(), momentum())`.
 *
 * @throws `UserError` for an ε that is not positive, or a T or block size that is no positive whole number.
 *
 * @example
 * ```ts
 * import { chain, fixedRate, momentum, shampoo } from "@amortized/apo/optimizers";
 * import { softmax } from "@amortized/apo/proximal";
 * import { mlp } from "@amortized/apo/models";
 *
 * const model = mlp([784, 256, 10]), problem = { model, output: softmax() };
 * const direction = chain(shampoo({ leaves: model.leaves }), momentum());
 * fixedRate({ problem, direction, learningRate: 0.05 });
 * ```
 */
export function shampoo(options: ShampooOptions = {}): Direction<ShampooState> {
  const { epsilon = 1e-4, every = 10, blockSize = 128, leaves = {} } = options;
  positive("epsilon", epsilon);
  positiveWhole("every", every);
  positiveWhole("blockSize", blockSize);
  const blocks = (x: Tensor, name: string): Blocks => {
    const sides = matrixSides(x.shape, leaves[name]);
    return sides ? blocksOf(sides, blockSize, oversized(x.shape, leaves[name])) : blocksOf([x.size, 1], blockSize);
  };
  const isMatrix = (x: Tensor, name: string) => matrixSides(x.shape, leaves[name]) !== undefined;
  const isDue = (step: number) => step < every || step % every === 0; // early sums grow too fast for roots that are some steps old
  const branch = (step: number) => isDue(step) ? "new roots" : "old roots";
  return {
    branch,
    init: (params) => {
      const start = (side: 0 | 1, of: Tensors, scale: number) =>
        mapTensors(of, (x, name) => {
          const { counts, size } = blocks(x, name), count = counts[0] * counts[1], n = size[side];
          if (isMatrix(x, name) && oversized(x.shape, leaves[name])[side]) return tf.fill([count, n], scale);
          return tf.tile(tf.expandDims(tf.mul(tf.eye(n), scale)), [count, 1, 1]);
        });
      const matrices = Object.fromEntries(Object.entries(params).filter(([name, x]) => isMatrix(x, name)));
      return {
        left: start(0, params, epsilon),
        right: start(1, matrices, epsilon),
        leftRoot: start(0, params, 1),
        rightRoot: start(1, matrices, 1),
      };
    },
    next: (gradient, state, _params, at) => {
      const cuts = mapTensors(gradient, (g, name) => cut(g, blocks(g, name)));
      const sum = (sums: Tensors, isLeft: boolean): Tensors =>
        inPart("factors", () => mapTensors(sums, (l, name) => tf.add(l, moments(cuts[name], l, isLeft))));
      const left = sum(state.left, true), right = sum(state.right, false);
      const due = isDue(stepOf(at, branch));
      const leftRoot = due ? mapTensors(left, (l, name) => rootOf(l, name in right ? 4 : 2)) : state.leftRoot;
      const rightRoot = due ? mapTensors(right, (r) => rootOf(r, 4)) : state.rightRoot;
      const direction = mapTensors(gradient, (g, name) => {
        const l = leftRoot[name], r = rightRoot[name];
        const once = l.rank === 2 ? tf.mul(tf.expandDims(l, 2), cuts[name]) : tf.matMul(l, cuts[name]);
        const twice = !r ? once : r.rank === 2 ? tf.mul(once, tf.expandDims(r, 1)) : tf.matMul(once, r);
        return join(twice, blocks(g, name), g.shape);
      });
      return { direction, state: { left, right, leftRoot, rightRoot } };
    },
  };
}

/** G Gᵀ of each block, or Gᵀ G, in the form of the factor: the diagonal alone where that is one. */
function moments(g: Tensor, { rank }: Tensor, isLeft: boolean): Tensor {
  return rank === 2 ? tf.sum(tf.square(g), isLeft ? 2 : 1) : tf.matMul(g, g, !isLeft, isLeft);
}

function rootOf(factor: Tensor, p: 2 | 4): Tensor {
  return inPart("inverses", () => factor.rank === 2 ? tf.pow(factor, -1 / p) : inverseRoot(factor, p));
}
