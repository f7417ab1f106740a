/**
 * The stacks of layers of a Transformer.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../../runtime/tensor.ts";
import type { Memory } from "../layers/attention.ts";
import { layerNorm } from "../layers/layer_norm.ts";
import {
  type DecoderContext,
  decoderLayer,
  encoderLayer,
  type TransformerLayerOptions,
} from "../layers/transformer_layers.ts";
import type { Module, Pass, Shape, Site } from "../module.ts";

/** Sizes of a stack. */
export interface Stack {
  /** The length of a position's vector. */
  readonly width: number;
  /** How many there are. */
  readonly layers: number;
  /** Of each. */
  readonly layer: Required<TransformerLayerOptions>;
}

/** Layers one after another, and with `norm: "pre"` a normalization at their end. */
function stackOf<Layer>(
  site: Site,
  { width, layers, layer }: Stack,
  make: (options: TransformerLayerOptions) => Module<Shape, Layer>,
): { readonly layers: readonly Layer[]; end(pass: Pass, x: Tensor): Tensor } {
  const built = Array.from({ length: layers }, (_, i) => site.child(`layer${i + 1}`, make(layer), [-1, width]));
  const norm = layer.norm === "pre" ? site.child("norm", layerNorm(), [-1, width]) : undefined;
  return { layers: built, end: (pass, x) => norm ? norm.apply(pass, x) : x };
}

/** Evaluation keeps no more than it needs. */
const lean = <T extends tf.TensorContainer>(pass: Pass, run: () => T): T => pass.training ? run() : tf.tidy(run);

/** A stack that reads a sequence. */
export function encoderOf(site: Site, stack: Stack): (pass: Pass, x: Tensor, mask: Tensor) => Tensor {
  const { layers, end } = site.child("encoder", {
    kind: "encoder",
    build: (site) => stackOf(site, stack, encoderLayer),
  }, []);
  return (pass, x, mask) => end(pass, layers.reduce((x, layer) => lean(pass, () => layer.apply(pass, x, mask)), x));
}

/** What a decoder attends to besides its input: memory and cache of each layer. */
interface StackContext extends Pick<DecoderContext, "memoryMask" | "mask"> {
  readonly memory: readonly Memory[];
  readonly cache: readonly Memory[];
}

/** A stack that writes one, or the next of its positions. */
export function decoderOf(site: Site, stack: Stack): {
  memory(pass: Pass, encoded: Tensor): Memory[];
  apply(pass: Pass, x: Tensor, context: StackContext): { x: Tensor; cache: Memory[] };
} {
  const { layers, end } = site.child("decoder", {
    kind: "decoder",
    build: (site) => stackOf(site, stack, decoderLayer),
  }, []);
  return {
    memory: (pass, encoded) => layers.map((layer) => layer.cross(pass, encoded)),
    apply: (pass, x, { memory, cache: earlier, ...masks }) => {
      const cache: Memory[] = [];
      for (const [i, layer] of layers.entries()) {
        const context = { memory: memory[i], cache: earlier[i], ...masks };
        const written = lean(pass, () => layer.apply(pass, x, context));
        x = written.x;
        cache.push(written.cache);
      }
      return { x: end(pass, x), cache };
    },
  };
}
