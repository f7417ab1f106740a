/**
 * A network's weights as matrices: each kernel, and a separate bias as its last row.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { LinearMap } from "../../models/linear_map.ts";
import type { Leaf, Model } from "../../models/model.ts";
import { UserError } from "../../runtime/errors.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import type { Matrix } from "../../runtime/two_sided.ts";
import { matrixSides, oversized } from "../matrix_sides.ts";

/** A linear map and its kernel's leaf. */
export interface WeightMatrix extends LinearMap {
  /** Whether the model declares the map; else it is a kernel that stands for itself, without a bias. */
  readonly declared: boolean;
  /** The kernel's leaf. */
  readonly leaf: Leaf;
}

/**
 * The dense and convolutional kernels of a model, as its linear maps declare them; a kernel that none declares stands for itself.
 *
 * @throws `UserError` for a map of parameters that the model does not have or of a kernel of another role, and for a parameter or
 * a name of two maps.
 */
export function weightMatrices({ leaves, maps = [] }: Pick<Model, "leaves" | "maps">): WeightMatrix[] {
  const owners: Record<string, string> = {};
  for (const { name, kernel, bias } of maps) {
    for (const parameter of bias === undefined ? [kernel] : [kernel, bias]) {
      if (!(parameter in leaves)) {
        throw new UserError(`the linear map "${name}" has "${parameter}", which is no parameter`);
      }
      if (parameter in owners) {
        throw new UserError(
          `the linear maps "${owners[parameter]}" and "${name}" share "${parameter}"; declare one map and use it twice`,
        );
      }
      owners[parameter] = name;
    }
  }
  const byKernel = new Map(maps.map((map) => [map.kernel, map]));
  const isKernel = ({ role }: Leaf) => role === "dense" || role === "conv";
  for (const { name, kernel } of maps) {
    const { role } = leaves[kernel];
    if (!isKernel(leaves[kernel])) {
      throw new UserError(
        `the kernel "${kernel}" of the linear map "${name}" has the role "${role}"; give it "dense" or "conv"`,
      );
    }
  }
  const matrices = Object.entries(leaves).filter(([, leaf]) => isKernel(leaf)).map(([kernel, leaf]) => {
    const map = byKernel.get(kernel);
    return map ? { ...map, leaf, declared: true } : { name: kernel, kernel, leaf, declared: false };
  });
  const names = matrices.map(({ name }) => name), twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UserError(`two linear maps are called "${twice}"; give each a name of its own`);
  return matrices;
}

/** `[inputs, outputs]` of the matrix; a separate bias is its last input. */
export function factorSides({ leaf, bias }: WeightMatrix): [number, number] {
  const [inputs, outputs] = matrixSides(leaf.shape, leaf)!;
  return [bias ? inputs + 1 : inputs, outputs];
}

/** The shapes of a map's two factors: square, but `[n]` of a diagonal one where {@linkcode oversized} says that its side is too large. */
export function factorShapes(map: WeightMatrix): [number[], number[]] {
  const isDiagonal = oversized(map.leaf.shape, map.leaf);
  return factorSides(map).map((n, side) => isDiagonal[side] ? [n] : [n, n]) as [number[], number[]];
}

/** The matrix `[inputs, outputs]` of parameters or of gradients of them: a separate bias is its last row. */
export function matrixOf({ kernel, bias, leaf }: WeightMatrix, tensors: Tensors): Matrix {
  const body: Tensor = tf.reshape(tensors[kernel], [-1, leaf.shape[leaf.shape.length - 1]]);
  return { body, ...bias && { last: tensors[bias] } };
}

/** The parameters' tensors, by name, of a matrix that {@linkcode matrixOf} makes. */
export function parametersOf({ kernel, bias, leaf }: WeightMatrix, { body, last }: Matrix): Tensors {
  return { [kernel]: tf.reshape(body, [...leaf.shape]), ...bias && { [bias]: last! } };
}
