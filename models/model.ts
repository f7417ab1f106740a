/**
 * What a network is to the rest of the library: pure functions of named parameters.
 * @module
 */
import type { Draws } from "../runtime/chance.ts";
import type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";

/** What a parameter is for: structured preconditioners treat each kind in its own way. */
export type Role = "dense" | "conv" | "embedding" | "bias" | "scale";

/** A parameter's place in its network. */
export interface Leaf {
  /** The layer that it belongs to, such as `"dense1"`. */
  readonly layer: string;
  /** dense `[in, out]` (`[in + 1, out]` with a homogeneous bias), conv `[height, width, in, out]`, embedding `[entries, size]`. */
  readonly shape: readonly number[];
  /** What it is for. */
  readonly role: Role;
  /** Of a convolution's kernel. */
  readonly stride?: number;
  /** Of a convolution's kernel. */
  readonly padding?: "same" | "valid";
}

/** The parameters of a model by name. */
export type Leaves = Readonly<Record<string, Leaf>>;

/** Under which circumstances a network is applied. Two passes in the same mode see the same chance (dropout). */
export interface Mode {
  /** Training (batch statistics, dropout) or inference. */
  readonly training: boolean;
  /** Random numbers, made on the device; the same name gives the same numbers within a step, however often it is asked for. */
  random(name: string): Draws;
  /**
   * Called with the inputs and outputs of each linear layer (before its activation); what it returns stands in for the outputs.
   * Adding a constant whose gradient is then taken gives the back-propagated gradients that KFAC needs.
   */
  readonly tap?: (layer: string, inputs: Tensor, outputs: Tensor) => Tensor;
}

/** Outputs, and the buffers after a pass. */
export interface Applied {
  /** `[batch, …]`: logits or predictions. */
  readonly outputs: Tensor;
  /** Of the structure that came in; a layer without running statistics returns what it was given. */
  readonly buffers: Tree;
}

/** A network. */
export interface Model {
  /** Its parameters. */
  readonly leaves: Leaves;
  /** Initial parameters, and buffers: what is carried along but not learned (BatchNorm's running statistics). The caller owns both. */
  init(seed: number): { params: Tensors; buffers: Tree };
  /**
   * f(x, θ). Pure: call it inside `tf.tidy`. A parameter that the loss of a pass does not depend on, as its part of the network is off
   * for this batch or as it was forgotten, has a gradient of 0; some parameter must count.
   */
  apply(params: Tensors, buffers: Tree, inputs: Tree, mode: Mode): Applied;
}
