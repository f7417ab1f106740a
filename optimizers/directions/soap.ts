/**
 * SOAP: Adam in the eigenbasis of Shampoo's factors.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Leaves } from "../../models/model.ts";
import { decayRate, positive, positiveWhole } from "../../runtime/errors.ts";
import { diagonalOf } from "../../runtime/linear_algebra/diagonal.ts";
import { eigenvectors } from "../../runtime/linear_algebra/eigenvectors.ts";
import { orthonormal } from "../../runtime/linear_algebra/orthonormal.ts";
import { inPart } from "../../runtime/precision/scope.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { mapTensors } from "../../runtime/tree.ts";
import { stepOf } from "../branches.ts";
import type { Direction } from "./direction.ts";
import { matrixSides, oversized } from "../matrix_sides.ts";
import { movingAverage } from "../moving_average.ts";
import { type Blocks, blocksOf, cut, join } from "./blocks.ts";

/** Options of {@linkcode soap}. */
export interface SoapOptions {
  /** β₁. Default: 0.95. */
  readonly decay1?: number;
  /** β₂. Default: 0.95. */
  readonly decay2?: number;
  /** Of Shampoo's factors. Default: 0.95. */
  readonly factorDecay?: number;
  /** ε. Default: 1e-8; outside the root of the uncorrected average. */
  readonly epsilon?: number;
  /** Updates between turns of the basis. Default: 10. */
  readonly every?: number;
  /** Larger sides are cut into blocks with bases of their own (ours, as Shampoo's). Default: 128. */
  readonly blockSize?: number;
  /** Of the model: which parameters are matrices. Default: all with two axes and more. */
  readonly leaves?: Leaves;
}

/** The state of {@linkcode soap}: by parameter, for kernels a stack of a matrix for each block. */
export type SoapState = {
  /** M, in the parameters' own space. */
  readonly mean: Tensors;
  /** V, of kernels in the eigenbasis. */
  readonly square: Tensors;
  /** 1 − β₁ⁿ. */
  readonly meanCorrection: Tensor;
  /** 1 − β₂ⁿ. */
  readonly squareCorrection: Tensor;
  /** The averages of G Gᵀ and Gᵀ G; kernels only. */
  readonly factors: Sides;
  /** Orthonormal columns, nearly the eigenvectors of the factors. */
  readonly bases: Sides;
};

/** A matrix for each side of each kernel that is not {@linkcode oversized}: a stack of one for each block. */
export type Sides = { readonly left: Tensors; readonly right: Tensors };

/**
 * Adam in the basis `$Q_L, Q_R$` of the eigenvectors of `$L = \overline{G G^\top}$` and `$R = \overline{G^\top G}$`:
 * `$d_t = Q_L\,\mathrm{Adam}(Q_L^\top G_t Q_R)\,Q_R^\top$` (Vyas et al. 2024, arXiv 2409.11321, and the official soap.py). Every T
 * updates the basis is turned by one QR step of power iteration; the mean is kept in the parameters' own space. The first step
 * only looks: it takes the eigenvectors (in float64 on the host; by Jacobi's method on WebGPU) and gives d = 0. Vectors have Adam. On a
 * side that is {@linkcode oversized}, such as a vocabulary's, Q is the identity, as the paper has it.
 *
 * @throws `UserError` for decays outside [0, 1), an ε that is not positive, or a T or block size that is no positive whole number.
 *
 * @example
 * ```ts
 * import { fixedRate, soap } from "@amortized/apo/optimizers";
 * import { softmax } from "@amortized/apo/proximal";
 * import { mlp } from "@amortized/apo/models";
 *
 * const model = mlp([784, 256, 10]), problem = { model, output: softmax() };
 * fixedRate({ problem, direction: soap({ leaves: model.leaves }), learningRate: 0.003 });
 * ```
 */
export function soap(options: SoapOptions = {}): Direction<SoapState> {
  const { decay1 = 0.95, decay2 = 0.95, factorDecay = 0.95, epsilon = 1e-8 } = options;
  const { every = 10, blockSize = 128, leaves = {} } = options;
  for (const [name, decay] of Object.entries({ decay1, decay2, factorDecay })) decayRate(name, decay);
  positive("epsilon", epsilon);
  positiveWhole("every", every);
  positiveWhole("blockSize", blockSize);
  const blocks = (x: Tensor, name: string): Blocks | undefined => {
    const sides = matrixSides(x.shape, leaves[name]);
    return sides && blocksOf(sides, blockSize, oversized(x.shape, leaves[name]));
  };
  const kernels = (tensors: Tensors) =>
    Object.entries(tensors).flatMap(([name, x]) => {
      const how = blocks(x, name);
      return how ? [{ name, x, how }] : [];
    });
  const ofKernels = (tensors: Tensors, f: (x: Tensor, how: Blocks) => Tensor): Tensors =>
    Object.fromEntries(kernels(tensors).map(({ name, x, how }) => [name, f(x, how)]));

  const branch = (step: number) => step === 0 ? "first look" : step % every === 0 ? "turned basis" : "same basis";
  return {
    branch,
    momentum: decay1,
    init: (params) => {
      const zeros = (x: Tensor) => tf.zerosLike(x);
      const stack = (side: 0 | 1, make: (n: number) => Tensor) =>
        ofKernels(
          Object.fromEntries(Object.entries(params).filter(([name, x]) => !oversized(x.shape, leaves[name])[side])),
          (_, { counts, size }) => tf.tile(tf.expandDims(make(size[side])), [counts[0] * counts[1], 1, 1]),
        );
      const nothing = (n: number) => tf.zeros([n, n]), identity = (n: number) => tf.eye(n);
      return {
        mean: mapTensors(params, zeros),
        square: mapTensors(params, (x, name) => {
          const how = blocks(x, name);
          return zeros(how ? cut(x, how) : x);
        }),
        meanCorrection: tf.scalar(0),
        squareCorrection: tf.scalar(0),
        factors: { left: stack(0, nothing), right: stack(1, nothing) },
        bases: { left: stack(0, identity), right: stack(1, identity) },
      };
    },
    next: (gradient, state, _params, at) => {
      const cuts = ofKernels(gradient, (g, how) => cut(g, how));
      const averaged = (factors: Tensors, isLeft: boolean): Tensors =>
        mapTensors(factors, (factor, name) => {
          return movingAverage(factor, tf.matMul(cuts[name], cuts[name], !isLeft, isLeft), factorDecay);
        });
      const factors: Sides = inPart("factors", () => ({
        left: averaged(state.factors.left, true),
        right: averaged(state.factors.right, false),
      }));
      const step = stepOf(at, branch);
      if (step === 0) {
        const direction = mapTensors(gradient, (g) => tf.zerosLike(g));
        const bases = { left: mapTensors(factors.left, eigenvectors), right: mapTensors(factors.right, eigenvectors) };
        return { direction, state: { ...state, factors, bases } };
      }
      const { left, right } = state.bases;
      /** Q_Lᵀ X Q_R, or Q_L X Q_Rᵀ. */
      const turned = (x: Tensor, name: string, isBack = false): Tensor => {
        const once = name in left ? tf.matMul(left[name], x, !isBack) : x;
        return name in right ? tf.matMul(once, right[name], false, isBack) : once;
      };
      const mean = mapTensors(gradient, (g, name) => movingAverage(state.mean[name], g, decay1));
      const square = mapTensors(gradient, (g, name) => {
        const seen = name in cuts ? turned(cuts[name], name) : g;
        return movingAverage(state.square[name], tf.square(seen), decay2);
      });
      const meanCorrection = movingAverage(state.meanCorrection, 1, decay1);
      const squareCorrection = movingAverage(state.squareCorrection, 1, decay2);
      const scale = tf.div(tf.sqrt(squareCorrection), meanCorrection);
      const direction = mapTensors(mean, (m, name) => {
        const adam = (x: Tensor) => tf.div(tf.mul(x, scale), tf.add(tf.sqrt(square[name]), epsilon));
        const how = blocks(m, name);
        if (!how) return adam(m);
        return join(turned(adam(turned(cut(m, how), name)), name, true), how, m.shape);
      });
      const next = { mean, square, meanCorrection, squareCorrection, factors, bases: state.bases };
      return { direction, state: step % every === 0 ? inPart("inverses", () => turnedBasis(next)) : next };
    },
  };
}

/** One step of power iteration on each side, its directions sorted by what they hold; V is sorted alike, and not rotated. */
function turnedBasis(state: SoapState): SoapState {
  const square = { ...state.square } as Record<string, Tensor>;
  const turn = (side: "left" | "right"): Tensors =>
    mapTensors(state.factors[side], (factor, name) => {
      const basis = state.bases[side][name], size = factor.shape[1]!;
      if (size === 1) return basis;
      const held = diagonalOf(tf.matMul(basis, tf.matMul(factor, basis), true));
      const order = tf.cast(tf.oneHot(tf.topk(held, size).indices, size), "float32"); // row j: who comes to place j
      square[name] = side === "left" ? tf.matMul(order, square[name]) : tf.matMul(square[name], order, false, true);
      const sorted = tf.matMul(basis, order, false, true);
      // directions that no gradient has are noise or 0 in P Q: a little of Q itself keeps them apart
      const ridge = tf.mul(tf.max(held, 1, true), 1e-6);
      const power = tf.add(tf.matMul(factor, sorted), tf.mul(sorted, tf.expandDims(tf.add(ridge, 1e-30), 2)));
      return orthonormal(power);
    });
  const bases = { left: turn("left"), right: turn("right") };
  return { ...state, square, bases };
}
