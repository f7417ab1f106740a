/**
 * Losses, discrepancies of outputs and weights, and the proximal objective that they make.
 * @module
 */
export * from "./problem.ts";
export * from "./output.ts";
export { crossEntropy, sigmoidCrossEntropy } from "./cross_entropy.ts";
export * from "./squared_error.ts";
export * from "./kl.ts";
export * from "./bernoulli_kl.ts";
export * from "./bregman.ts";
export * from "./weight_norm.ts";
export * from "./objective.ts";
export * from "./quadratic.ts";
export type { PartialShape } from "./shapes.ts";
export type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
