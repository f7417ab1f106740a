/**
 * Modules: the parts that networks are made of. A module nests, owns parameters and buffers, and declares its linear maps.
 * @module
 */
import type { Draws } from "../runtime/chance.ts";
import type { Random } from "../runtime/random.ts";
import type { Tensor } from "../runtime/tensor.ts";
import type { LinearMap, UseOfMap } from "./linear_map.ts";
import type { Role } from "./model.ts";
import type { Windows } from "../runtime/windows.ts";

/** The shape of one example, without the batch. A length that varies from batch to batch (of sequences) is −1. */
export type Shape = readonly number[];

/**
 * A part of a network before it knows what comes in. Most modules take the shape of a tensor and give a {@linkcode Built}; a
 * module may as well take several shapes and give functions of several tensors, as an attention layer or a decoder does.
 *
 * @example A residual connection.
 * ```ts
 * import { add, type Tensor } from "@tensorflow/tfjs";
 * import type { Module } from "@amortized/apo/models";
 *
 * const residual = (body: Module): Module => ({
 *   kind: "residual",
 *   build: (site, input) => {
 *     const inner = site.child("body", body, input);
 *     return { output: inner.output, apply: (pass, x) => add(inner.apply(pass, x), x) };
 *   },
 * });
 * ```
 */
export interface Module<Input = Shape, Result = Built> {
  /** What it is. In a list, modules are named by their kind and number: `dense1`, `conv2`. */
  readonly kind: string;
  /**
   * Declares its parameters, buffers, linear maps and inner modules, once.
   *
   * @param site Where it stands in its network.
   * @param input What comes in.
   * @throws `UserError` for an input that does not fit.
   */
  build(site: Site, input: Input): Result;
}

/** A module that knows its input: a function from a tensor to a tensor. Using it twice shares its parameters. */
export interface Built {
  /** The shape of an example's output. */
  readonly output: Shape;
  /** Pure, `[batch, …input]` to `[batch, …output]`. */
  apply(pass: Pass, x: Tensor): Tensor;
}

/** A parameter that was declared. {@linkcode Pass.param} gives its value. */
export interface Parameter {
  /** Its path, such as `"stage2/block1/conv1/kernel"`. */
  readonly parameter: string;
}

/** A buffer that was declared: a tensor that is carried from step to step and is not learned. */
export interface Buffer {
  /** Its path. */
  readonly buffer: string;
}

/** A place in a network, at which a module declares what it owns. */
export interface Site {
  /** Its path; `""` is the network itself. */
  readonly path: string;
  /**
   * Declares a parameter.
   *
   * @param name Without the path.
   * @param what `init` makes the initial value, of the site's random stream.
   * @throws `UserError` for a name that is taken.
   */
  param(
    name: string,
    what: { readonly shape: readonly number[]; readonly role: Role; init(random: Random): Tensor },
  ): Parameter;
  /** Declares a buffer as {@linkcode Site.param} does a parameter. */
  buffer(name: string, init: () => Tensor): Buffer;
  /** Declares a linear map of parameters of this site. */
  map(of: { readonly kernel: Parameter; readonly bias?: Parameter; readonly windows?: Windows }): LinearMap;
  /** Builds an inner module; its path is this one's and the name. */
  child<Input, Result>(name: string, module: Module<Input, Result>, input: Input): Result;
}

/** One pass through a network: what a module needs when it is applied. */
export interface Pass {
  /** Training (batch statistics, dropout) or inference. */
  readonly training: boolean;
  /** Whether statistics are the batch's: in training, and where running averages are computed anew. */
  readonly batchStatistics: boolean;
  /** Whether somebody looks at the uses of linear maps. Otherwise a module may compute them in one kernel with what follows. */
  readonly tapped: boolean;
  /** A parameter's value. */
  param(parameter: Parameter): Tensor;
  /** A buffer's value, as this pass has left it. */
  buffer(buffer: Buffer): Tensor;
  /** Gives a buffer another value of the same shape, for the passes of later steps. Nothing happens outside of training. */
  update(buffer: Buffer, value: Tensor): void;
  /**
   * Moves a running average by what the batch shows: (1 − momentum) average + momentum · statistic. Nothing happens in inference.
   * Where averages are computed anew, they are plain means, whatever the momentum.
   */
  average(buffer: Buffer, statistic: Tensor, momentum: number): void;
  /** Random numbers by name, by convention the path of the site: the same name gives the same numbers in every pass of a step. */
  random(name: string): Draws;
  /**
   * The rows of a table by their numbers: from whole numbers `[batch, …]` below the table's entries to `[batch, …, size]`.
   *
   * @throws `UserError`, with its place, for a number that no row has, where a look costs no wait for a device: on cpu and wasm, and on
   *   WebGPU where the batch has just been made. Else the vector is NaN there, so that the step is refused.
   */
  lookUp(table: Parameter, numbers: Tensor): Tensor;
  /** Reports a use of a linear map. What it returns stands in for the outputs. */
  use(map: LinearMap, use: Pick<UseOfMap, "inputs" | "outputs">): Tensor;
  /**
   * The same pass, in which only some rows count: those of padding do not. A part of the network that works on other positions than
   * those of the outputs, such as an encoder, needs it: the batch's weights say nothing of its positions. Without it
   * `kfac` counts its rows by the batch's weights. It refuses to where the lengths differ. But where the source happens to be as long
   * as the outputs, nothing tells the two apart, and the factors are of the wrong rows without a word: so always give the mask.
   *
   * @param mask 1 or 0, `[batch, time]`: the leading axes of what linear maps put out in this part of the network.
   */
  masked(mask: Tensor): Pass;
}
