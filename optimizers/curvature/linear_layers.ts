/**
 * Linear layers as matrices: the kernel, and a separate bias as its last row.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Leaf, Leaves } from "../../models/model.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import type { Matrix } from "../../runtime/two_sided.ts";
import { matrixSides } from "../matrix_sides.ts";

/** A linear layer and its parameters. */
export interface LinearLayer {
  /** Its name. */
  readonly layer: string;
  /** The kernel's name. */
  readonly kernel: string;
  /** The separate bias's name, where there is one. */
  readonly bias?: string;
  /** The kernel's leaf. */
  readonly leaf: Leaf;
}

/** The dense and convolutional layers of a model. */
export function linearLayers(leaves: Leaves): LinearLayer[] {
  const entries = Object.entries(leaves);
  return entries.filter(([, { role }]) => role === "dense" || role === "conv").map(([kernel, leaf]) => {
    const bias = entries.find(([, other]) => other.layer === leaf.layer && other.role === "bias")?.[0];
    return { layer: leaf.layer, kernel, ...bias && { bias }, leaf };
  });
}

/** `[inputs, outputs]` of a layer as a matrix; a separate bias is its last input. */
export function factorSides({ leaf, bias }: LinearLayer): [number, number] {
  const [inputs, outputs] = matrixSides(leaf.shape, leaf)!;
  return [bias ? inputs + 1 : inputs, outputs];
}

/** A layer's matrix `[inputs, outputs]`, of its parameters or of gradients of them: a separate bias is its last row. */
export function layerMatrix({ kernel, bias, leaf }: LinearLayer, tensors: Tensors): Matrix {
  const body: Tensor = tf.reshape(tensors[kernel], [-1, leaf.shape[leaf.shape.length - 1]]);
  return { body, ...bias && { last: tensors[bias] } };
}

/** The parameters' tensors, by name, of a matrix that {@linkcode layerMatrix} makes. */
export function layerParameters({ kernel, bias, leaf }: LinearLayer, { body, last }: Matrix): Tensors {
  return { [kernel]: tf.reshape(body, [...leaf.shape]), ...bias && { [bias]: last! } };
}
