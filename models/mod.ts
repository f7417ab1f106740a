/**
 * Functional networks: `init(seed)` gives parameters, `apply(params, …)` outputs.
 * @module
 */
export * from "./model.ts";
export * from "./mode.ts";
export type { Activation } from "./activation.ts";
export * from "./init.ts";
export * from "./sequential.ts";
export * from "./networks/networks.ts";
export * from "./networks/rosenbrock.ts";
export type { BuiltLayer, Layer, LayerMode } from "./layers/layer.ts";
export * from "./layers/dense.ts";
export { conv2d, type Conv2dOptions } from "./layers/conv2d.ts";
export * from "./layers/pool.ts";
export * from "./layers/reshape.ts";
export { type Chance, chanceOf, type Draws, drawsOf, stepTensor } from "../runtime/chance.ts";
export { type Random, random, randomTensor } from "../runtime/random.ts";
export type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
