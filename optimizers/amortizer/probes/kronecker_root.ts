/**
 * Square roots of preconditioners: P = L Lᵀ with L a Kronecker product for each layer.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Model } from "../../../models/model.ts";
import { identityFactor, sizeOfBlocks } from "../../../runtime/block_factor.ts";
import { type Chance, signs } from "../../../runtime/chance.ts";
import type { Tensor, Tensors } from "../../../runtime/tensor.ts";
import { blockProducts, type Transposes, twoSided } from "../../../runtime/two_sided.ts";
import {
  factorSides,
  matrixOf,
  parametersOf,
  weightMatrices,
  type WeightMatrix,
} from "../../curvature/weight_matrices.ts";
import { relativeMove } from "./relative_move.ts";
import { whiteSigns } from "./signs.ts";

/**
 * L for a model. Vectors are named as the parameters are. φ holds `A/map` and `B/map` of each linear map, whose matrix with a
 * separate bias as its last row L takes from Z to A Z Bᵀ, and `s/parameter` of all other parameters, which L scales element by
 * element.
 */
export interface KroneckerRoot {
  /** The sizes of A and B by their names. */
  readonly sizes: Readonly<Record<string, number>>;
  /** φ of L = I. */
  init(): Tensors;
  /** A random direction in the coordinates that L starts from: ±1, mean 0, covariance I. */
  signs(chance: Chance): Tensors;
  /** L z: a change of the parameters. */
  unwhitened(phi: Tensors, z: Tensors): Tensors;
  /** Lᵀ g, for a gradient in the parameters. */
  whitened(phi: Tensors, gradient: Tensors): Tensors;
  /** L (I − μX) with X the symmetric part of `$r z^\top$`, averaged over the factor's other side, its norm cut at 1. */
  moved(phi: Tensors, z: Tensors, residual: Tensors, rate: number): Tensors;
  /** What {@linkcode preconditioned} needs, made once for all the steps until φ moves. */
  metric(phi: Tensors): Tensors;
  /** P g. */
  preconditioned(metric: Tensors, gradient: Tensors): Tensors;
}

/** @param blockSize A and B larger than this are block-diagonal. */
export function kroneckerRoot(model: Pick<Model, "leaves" | "maps">, blockSize: number): KroneckerRoot {
  const { leaves } = model, matrices = weightMatrices(model);
  const grouped = new Set(matrices.flatMap(({ kernel, bias }) => bias ? [kernel, bias] : [kernel]));
  const others = Object.keys(leaves).filter((name) => !grouped.has(name));
  /** Each map's matrix between its factors, and all other parameters scaled. */
  const between = (factors: Tensors, x: Tensors, transposes?: Transposes): Tensors => {
    const all: Record<string, Tensor> = {};
    for (const map of matrices) {
      const a = factors[`A/${map.name}`], b = factors[`B/${map.name}`];
      Object.assign(all, parametersOf(map, twoSided(a, matrixOf(map, x), b, transposes)));
    }
    for (const name of others) all[name] = tf.mul(factors[`s/${name}`], x[name]);
    return Object.fromEntries(Object.keys(leaves).map((name) => [name, all[name]])); // in the model's order
  };
  const sizes = Object.fromEntries(matrices.flatMap((map) => {
    const [inputs, outputs] = factorSides(map);
    return [[`A/${map.name}`, inputs], [`B/${map.name}`, outputs]];
  }));
  return {
    sizes,
    init: () => ({
      ...mapSizes(sizes, (n) => identityFactor(n, blockSize)),
      ...Object.fromEntries(others.map((name) => [`s/${name}`, tf.ones([...leaves[name].shape])])),
    }),
    signs: (chance) => {
      const ofMatrix = (map: WeightMatrix) => {
        const [rows, columns] = factorSides(map), block = sizeOfBlocks(rows, blockSize);
        return whiteSigns(chance, `probe/${map.kernel}`, { rows, columns, block, lastApart: map.bias !== undefined });
      };
      return Object.assign(
        {},
        ...matrices.map((map) => parametersOf(map, ofMatrix(map))),
        Object.fromEntries(others.map((name) => [name, signs(chance, `probe/${name}`, leaves[name].shape)])),
      );
    },
    unwhitened: (phi, z) => between(phi, z, { transposeRight: true }),
    whitened: (phi, gradient) => between(phi, gradient, { transposeLeft: true }),
    moved: (phi, z, residual, rate) => {
      const moved: Record<string, Tensor> = {};
      for (const map of matrices) {
        const [inputs, outputs] = factorSides(map), nameA = `A/${map.name}`, nameB = `B/${map.name}`;
        const a = phi[nameA], b = phi[nameB];
        const slopes = blockProducts(a, matrixOf(map, residual), matrixOf(map, z), b);
        moved[nameA] = relativeMove(a, symmetric(slopes.a, outputs), rate);
        moved[nameB] = relativeMove(b, symmetric(slopes.b, inputs), rate);
      }
      for (const name of others) {
        const slope = tf.mul(residual[name], z[name]), s = phi[`s/${name}`];
        const cut = tf.minimum(tf.maximum(slope, -1), 1); // not by clipByValue, which on wasm makes −1 of NaN
        moved[`s/${name}`] = tf.sub(s, tf.mul(tf.mul(s, cut), rate));
      }
      return moved;
    },
    metric: (phi) =>
      Object.fromEntries(
        Object.entries(phi).map((
          [name, x],
        ) => [name, name.startsWith("s/") ? tf.square(x) : tf.matMul(x, x, false, true)]),
      ),
    preconditioned: (metric, gradient) => between(metric, gradient),
  };
}

const mapSizes = (sizes: Readonly<Record<string, number>>, f: (n: number) => Tensor): Tensors =>
  Object.fromEntries(Object.entries(sizes).map(([name, n]) => [name, f(n)]));

/** (X + Xᵀ)/2 of every block, over so many numbers that X is a sum of. */
function symmetric(x: Tensor, count: number): Tensor {
  const axes = x.rank === 2 ? [1, 0] : [0, 2, 1];
  return tf.mul(tf.add(x, tf.transpose(x, axes)), 0.5 / count);
}
