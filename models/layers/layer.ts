/**
 * What a layer is to {@linkcode sequential}.
 * @module
 */
import type { Draws } from "../../runtime/chance.ts";
import type { Random } from "../../runtime/random.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import type { Leaf, Mode } from "../model.ts";

/** A layer for inputs of a known shape. Its parameters and buffers go by their local names (`kernel`, `bias`). */
export interface BuiltLayer {
  /** The shape of an example's output, without the batch. */
  readonly outputShape: readonly number[];
  /** Its parameters. */
  readonly leaves: Readonly<Record<string, Omit<Leaf, "layer">>>;
  /** Initial parameters. */
  init(random: Random): Tensors;
  /** Initial buffers; none unless given. */
  initBuffers?(): Tensors;
  /** The layer's function; `mode.tap` and `mode.random` are already bound to the layer's name. */
  apply(params: Tensors, x: Tensor, mode: LayerMode, buffers: Tensors): Tensor | { outputs: Tensor; buffers: Tensors };
}

/** A {@linkcode Mode} as one layer sees it. */
export interface LayerMode {
  /** As `Mode.training`. */
  readonly training: boolean;
  /** The layer's own random numbers: the same in every pass of a step. */
  random(): Draws;
  /** Whether {@linkcode LayerMode.tap} does anything: else a layer need not have what it would pass. */
  readonly tapped: boolean;
  /** Passes a linear map's inputs and outputs by the mode's tap, if it has one. */
  tap(inputs: Tensor, outputs: Tensor): Tensor;
}

/** A layer before it knows the shape of its inputs. */
export interface Layer {
  /** Layers are named by their kind and number: `dense1`, `conv2`. */
  readonly kind: string;
  /**
   * The layer for inputs of a shape.
   *
   * @param inputShape The shape of an example's input, without the batch.
   * @throws `UserError` for a shape that does not fit.
   */
  build(inputShape: readonly number[]): BuiltLayer;
}

/** Binds a mode to a layer's name. */
export function layerMode(mode: Mode, layer: string): LayerMode {
  return {
    training: mode.training,
    random: () => mode.random(layer),
    tapped: mode.tap !== undefined,
    tap: (inputs, outputs) => mode.tap ? mode.tap(layer, inputs, outputs) : outputs,
  };
}
