/**
 * What a network is to the rest of the library: pure functions of named parameters.
 * @module
 */
import type { Draws } from "../runtime/chance.ts";
import type { Arithmetic } from "../runtime/precision/scope.ts";
import type { Tensor, Tensors, Tree } from "../runtime/tensor.ts";
import type { LinearMap, UseOfMap } from "./linear_map.ts";

/** What a parameter is for. Structured preconditioners treat each kind in its own way. */
export type Role = "dense" | "conv" | "embedding" | "bias" | "scale";

/** A parameter of a network. */
export interface Leaf {
  /** dense `[in, out]` (`[in + 1, out]` with a homogeneous bias), conv `[height, width, in, out]`, embedding `[entries, size]`. */
  readonly shape: readonly number[];
  /** What it is for. */
  readonly role: Role;
}

/** The parameters of a model by name. A name is a path, such as `"stage2/block1/conv1/kernel"`. */
export type Leaves = Readonly<Record<string, Leaf>>;

/** A parameter whose rows are looked up by their numbers. */
export interface LookUpTable {
  /** The parameter's name. */
  readonly name: string;
  /** How many rows it has. */
  readonly entries: number;
}

/** Under which circumstances a network is applied. Two passes in the same mode see the same chance (dropout). */
export interface Mode {
  /** Training (batch statistics, dropout) or inference. */
  readonly training: boolean;
  /**
   * Running averages are computed anew, as plain means over batches: how many batches they are of so far. Layers then use the
   * batch's statistics as in training, and nothing is dropped.
   */
  readonly recalibration?: number;
  /** Random numbers, made on the device; the same name gives the same numbers within a step, however often it is asked for. */
  random(name: string): Draws;
  /**
   * Called at each use of a linear map, before its activation. What it returns stands in for the map's outputs. Adding a
   * constant whose gradient is then taken gives the back-propagated gradients that KFAC needs.
   */
  readonly tap?: (map: LinearMap, use: UseOfMap) => Tensor;
  /** Called at each look-up in a table: `fit` finds out by it which inputs are row numbers, and checks them where the data come. */
  readonly lookUp?: (table: LookUpTable, numbers: Tensor) => void;
}

/** Outputs, and the buffers after a pass. */
export interface Applied {
  /** `[batch, …]`: logits or predictions. */
  readonly outputs: Tensor;
  /** Of the structure that came in. A buffer that the pass does not change is the tensor that came in. */
  readonly buffers: Tree;
}

/** A network. `network` makes one of modules; one written by hand is these members. */
export interface Model {
  /** Its parameters. */
  readonly leaves: Leaves;
  /** Its linear maps. A kernel that no map declares is preconditioned as a matrix, and is refused by methods that need its inputs. */
  readonly maps?: readonly LinearMap[];
  /** In which arithmetic it computes, where `narrowProblem` made it. Default: float32. */
  readonly arithmetic?: Arithmetic;
  /** Initial parameters, and buffers: what is carried along but not learned (BatchNorm's running statistics). The caller owns both. */
  init(seed: number): { params: Tensors; buffers: Tree };
  /**
   * f(x, θ). Pure: call it inside `tf.tidy`. A parameter that the loss of a pass does not depend on, as its part of the network is off
   * for this batch or as it was forgotten, has a gradient of 0; some parameter must count.
   */
  apply(params: Tensors, buffers: Tree, inputs: Tree, mode: Mode): Applied;
}
