/**
 * The two shapes that data has in this library: a tensor, and a tree of named tensors.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";

/** A tfjs tensor of any rank. */
export type Tensor = tf.Tensor;

/** Named tensors without nesting, in one stable order: parameters (`"dense1/kernel"`), gradients, φ. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** Nested named tensors: optimizer state, buffers, inputs. Tensors only, so that it can be saved, resumed and captured. */
export type Tree = { readonly [name: string]: Tensor | Tree };
