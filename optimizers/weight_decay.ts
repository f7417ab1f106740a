/**
 * Which parameters decay.
 * @module
 */
import type { Leaf, Leaves } from "../models/model.ts";
import { nonNegative } from "../runtime/errors.ts";

/** Decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101). */
export interface WeightDecay {
  /** How much of itself a parameter loses in a step, times the step's rate. Default: 0. */
  readonly weightDecay?: number;
  /** Which parameters decay. Default: the kernels of dense and convolutional layers; biases, the scales of norms and embeddings do not. */
  readonly decays?: (leaf: Leaf, name: string) => boolean;
}

const isKernel = ({ role }: Leaf): boolean => role === "dense" || role === "conv";

/**
 * Each parameter's decay by its name.
 *
 * @throws `UserError` for a negative decay.
 */
export function decayOf(
  { weightDecay = 0, decays = isKernel }: WeightDecay,
  leaves: Leaves,
): (name: string) => number {
  nonNegative("weightDecay", weightDecay);
  return (name) => weightDecay > 0 && decays(leaves[name], name) ? weightDecay : 0;
}
