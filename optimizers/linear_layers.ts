/**
 * Linear layers as matrices: the kernel, and a separate bias as its last row.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Leaf, Leaves } from "../models/model.ts";
import type { Tensor, Tensors } from "../runtime/tensor.ts";
import { matrixSides } from "./matrix_sides.ts";

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

/** The layers' matrices `[inputs, outputs]`, by layer, of their parameters or of gradients of them. */
export function layerMatrices(layers: readonly LinearLayer[], tensors: Tensors): Tensors {
  return Object.fromEntries(layers.map(({ layer, kernel, bias, leaf }) => {
    const outputs = leaf.shape[leaf.shape.length - 1], matrix: Tensor = tf.reshape(tensors[kernel], [-1, outputs]);
    return [layer, bias ? tf.concat([matrix, tf.reshape(tensors[bias], [1, outputs])]) : matrix];
  }));
}

/** The parameters' tensors, by parameter, of matrices that {@linkcode layerMatrices} makes. */
export function layerParameters(layers: readonly LinearLayer[], matrices: Tensors): Tensors {
  return Object.fromEntries(layers.flatMap(({ layer, kernel, bias, leaf }) => {
    const matrix = matrices[layer], [inputs, outputs] = matrixSides(leaf.shape, leaf)!;
    const own = bias ? tf.slice(matrix, [0, 0], [inputs, outputs]) : matrix;
    const parts: [string, Tensor][] = [[kernel, tf.reshape(own, [...leaf.shape])]];
    if (bias) parts.push([bias, tf.reshape(tf.slice(matrix, [inputs, 0], [1, outputs]), [outputs])]);
    return parts;
  }));
}
