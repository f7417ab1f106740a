/**
 * Square roots of preconditioners: P = L Lᵀ with L a Kronecker product for each layer.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Leaves } from "../../models/model.ts";
import { diagonalBlocks, identityFactor } from "../../runtime/block_factor.ts";
import { twoSided } from "../../runtime/kronecker.ts";
import type { Random } from "../../runtime/random.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { factorSides, layerMatrices, layerParameters, linearLayers } from "../linear_layers.ts";
import { relativeMove } from "./relative_move.ts";
import { signs } from "./signs.ts";

/**
 * L for a model. φ holds `A/layer` and `B/layer` of each linear layer, whose matrix with a separate bias as its last row L takes from Z
 * to A Z Bᵀ, and `s/parameter` of all other parameters, which L scales element by element.
 */
export interface KroneckerRoot {
  /** The sizes of A and B by their names. */
  readonly sizes: Readonly<Record<string, number>>;
  /** φ of L = I. */
  init(): Tensors;
  /** What random directions look like in the coordinates that L starts from: ±1, mean 0, covariance I. */
  probe(phi: Tensors, stream: Random): Tensors;
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
export function kroneckerRoot(leaves: Leaves, blockSize: number): KroneckerRoot {
  const layers = linearLayers(leaves);
  const grouped = new Set(layers.flatMap(({ kernel, bias }) => bias ? [kernel, bias] : [kernel]));
  const others = Object.keys(leaves).filter((name) => !grouped.has(name));
  const byLayer = (f: (layer: string, a: string, b: string) => Tensor) =>
    Object.fromEntries(layers.map(({ layer }) => [layer, f(layer, `A/${layer}`, `B/${layer}`)]));
  const byOther = (f: (name: string, s: string) => Tensor) =>
    Object.fromEntries(others.map((name) => [name, f(name, `s/${name}`)]));
  const coordinates = (gradient: Tensors): Tensors => ({
    ...layerMatrices(layers, gradient),
    ...byOther((name) => gradient[name]),
  });
  const parameters = (x: Tensors): Tensors => {
    const all = { ...layerParameters(layers, x), ...byOther((name) => x[name]) };
    return Object.fromEntries(Object.keys(leaves).map((name) => [name, all[name]])); // in the model's order
  };
  const sizes = Object.fromEntries(layers.flatMap((layer) => {
    const [inputs, outputs] = factorSides(layer);
    return [[`A/${layer.layer}`, inputs], [`B/${layer.layer}`, outputs]];
  }));
  return {
    sizes,
    init: () => ({
      ...mapSizes(sizes, (n) => identityFactor(n, blockSize)),
      ...Object.fromEntries(others.map((name) => [`s/${name}`, tf.ones([...leaves[name].shape])])),
    }),
    probe: (phi, stream) => ({
      ...Object.fromEntries(layers.map((layer) => {
        const { shape } = phi[`A/${layer.layer}`];
        return [layer.layer, signs(...factorSides(layer), shape[shape.length - 1], stream)];
      })),
      ...byOther((name) => {
        const { shape, size } = phi[`s/${name}`];
        return tf.reshape(signs(1, size, 1, stream), shape);
      }),
    }),
    unwhitened: (phi, z) =>
      parameters({
        ...byLayer((layer, a, b) => twoSided(phi[a], z[layer], phi[b], { transposeRight: true })),
        ...byOther((name, s) => tf.mul(phi[s], z[name])),
      }),
    whitened: (phi, gradient) => {
      const x = coordinates(gradient);
      return {
        ...byLayer((layer, a, b) => twoSided(phi[a], x[layer], phi[b], { transposeLeft: true })),
        ...byOther((name, s) => tf.mul(phi[s], x[name])),
      };
    },
    moved: (phi, z, residual, rate) => {
      const moved: Record<string, Tensor> = {};
      for (const { layer } of layers) {
        const [inputs, outputs] = z[layer].shape;
        const turned = [residual[layer], z[layer]].map((x): Tensor => tf.transpose(x));
        const slopeA = symmetric(diagonalBlocks(phi[`A/${layer}`], residual[layer], z[layer]), outputs);
        const slopeB = symmetric(diagonalBlocks(phi[`B/${layer}`], turned[0], turned[1]), inputs);
        moved[`A/${layer}`] = relativeMove(phi[`A/${layer}`], slopeA, rate);
        moved[`B/${layer}`] = relativeMove(phi[`B/${layer}`], slopeB, rate);
      }
      for (const name of others) {
        const slope = tf.mul(residual[name], z[name]), s = phi[`s/${name}`];
        moved[`s/${name}`] = tf.sub(s, tf.mul(tf.mul(s, tf.clipByValue(slope, -1, 1)), rate));
      }
      return moved;
    },
    metric: (phi) =>
      Object.fromEntries(
        Object.entries(phi).map((
          [name, x],
        ) => [name, name.startsWith("s/") ? tf.square(x) : tf.matMul(x, x, false, true)]),
      ),
    preconditioned: (metric, gradient) => {
      const x = coordinates(gradient);
      return parameters({
        ...byLayer((layer, a, b) => twoSided(metric[a], x[layer], metric[b])),
        ...byOther((name, s) => tf.mul(metric[s], x[name])),
      });
    },
  };
}

const mapSizes = (sizes: Readonly<Record<string, number>>, f: (n: number) => Tensor): Tensors =>
  Object.fromEntries(Object.entries(sizes).map(([name, n]) => [name, f(n)]));

/** (X + Xᵀ)/2 of every block, over so many numbers that X is a sum of. */
function symmetric(x: Tensor, count: number): Tensor {
  const axes = x.rank === 2 ? [1, 0] : [0, 2, 1];
  return tf.mul(tf.add(x, tf.transpose(x, axes)), 0.5 / count);
}
