/**
 * The layers of Transformers (Vaswani et al. 2017, arXiv 1706.03762).
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { oneOf } from "../../runtime/errors.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import type { Built, Module, Pass, Shape, Site } from "../module.ts";
import { attention, type BuiltAttention, type Memory } from "./attention.ts";
import { dense } from "./dense.ts";
import { dropout } from "./dropout.ts";
import { layerNorm } from "./layer_norm.ts";

/** Options of {@linkcode encoderLayer} and {@linkcode decoderLayer}. */
export interface TransformerLayerOptions {
  /** Of the attention. */
  readonly heads: number;
  /** Units of the network that works on each position. */
  readonly hidden: number;
  /**
   * Where the layer is normalized: `"pre"` is x + f(norm(x)), `"post"` is norm(x + f(x)), as in the paper. Deep ones with `"post"` need a
   * warm-up (Xiong et al. 2020, arXiv 2002.04745). Default: `"pre"`.
   */
  readonly norm?: "pre" | "post";
  /** The rate at which what a part adds is dropped. Default: 0. */
  readonly dropout?: number;
}

/** An encoder's layer that knows its input. */
export interface BuiltEncoderLayer {
  /** `[time, size]`, as the input. */
  readonly output: Shape;
  /**
   * From `[batch, time, size]` to the same.
   *
   * @param mask A `paddingMask` of the input. Default: every position is seen.
   */
  apply(pass: Pass, x: Tensor, mask?: Tensor): Tensor;
}

/** What a decoder's layer attends to besides its input. */
export interface DecoderContext {
  /** Of the encoder, by the layer's own maps: its {@linkcode BuiltDecoderLayer.cross}. */
  readonly memory: Memory;
  /** The `paddingMask` of the encoder's input. Default: every position is seen. */
  readonly memoryMask?: Tensor;
  /** The mask of the layer's own positions: a `causalMask` in training. Default: every position is seen. */
  readonly mask?: Tensor;
  /** Keys and values of earlier positions, which are not among the inputs. Default: none. */
  readonly cache?: Memory;
}

/** A decoder's layer that knows its input. */
export interface BuiltDecoderLayer {
  /** `[time, size]`, as the input. */
  readonly output: Shape;
  /** Keys and values of what an encoder put out, `[batch, source time, size]`. */
  cross(pass: Pass, encoded: Tensor): Memory;
  /** From `[batch, time, size]` to the same, and the keys and values of all positions so far. */
  apply(pass: Pass, x: Tensor, context: DecoderContext): { readonly x: Tensor; readonly cache: Memory };
}

/** A part of a layer with what stands around it. */
type Around = (pass: Pass, x: Tensor, part: (x: Tensor) => Tensor) => Tensor;

/** The normalization, the dropout and the sum around the part with this number. */
function around(site: Site, input: Shape, number: number, options: TransformerLayerOptions): Around {
  const { norm = "pre", dropout: rate = 0 } = options;
  const normed = site.child(`norm${number}`, layerNorm(), input);
  const dropped = site.child(`dropout${number}`, dropout(rate), input);
  return norm === "pre"
    ? (pass, x, part) => tf.add(x, dropped.apply(pass, part(normed.apply(pass, x))))
    : (pass, x, part) => normed.apply(pass, tf.add(x, dropped.apply(pass, part(x))));
}

/** The network that works on each position by itself: two dense maps, `ffn1` with relu and `ffn2`. */
function positionwise(site: Site, input: Shape, hidden: number): Built["apply"] {
  const first = site.child("ffn1", dense({ units: hidden, activation: "relu", init: "glorot" }), input);
  const second = site.child("ffn2", dense({ units: input.at(-1)!, init: "glorot" }), first.output);
  return (pass, x) => second.apply(pass, first.apply(pass, x));
}

const attended = (of: BuiltAttention, pass: Pass, mask?: Tensor) => (x: Tensor): Tensor =>
  of.apply(pass, x, of.memory(pass, x), mask);

function checkNorm({ norm = "pre" }: TransformerLayerOptions): void {
  oneOf("norm", norm, ["pre", "post"]);
}

/** Attention of a sequence to itself, then a network of two layers on each position, each added to what came in. */
export function encoderLayer(options: TransformerLayerOptions): Module<Shape, BuiltEncoderLayer> {
  checkNorm(options);
  return {
    kind: "layer",
    build: (site, input) => {
      const self = site.child("attention", attention(options.heads), input);
      const around1 = around(site, input, 1, options), around2 = around(site, input, 2, options);
      const network = positionwise(site, input, options.hidden);
      return {
        output: input,
        apply: (pass, x, mask) => around2(pass, around1(pass, x, attended(self, pass, mask)), (x) => network(pass, x)),
      };
    },
  };
}

/** As {@linkcode encoderLayer}, with attention to what an encoder put out in between. */
export function decoderLayer(options: TransformerLayerOptions): Module<Shape, BuiltDecoderLayer> {
  checkNorm(options);
  return {
    kind: "layer",
    build: (site, input) => {
      const self = site.child("self_attention", attention(options.heads), input);
      const cross = site.child("cross_attention", attention(options.heads), input);
      const [around1, around2, around3] = [1, 2, 3].map((number) => around(site, input, number, options));
      const network = positionwise(site, input, options.hidden);
      return {
        output: input,
        cross: cross.memory,
        apply: (pass, x, { memory, memoryMask, mask, cache: earlier }) => {
          let cache: Memory | undefined;
          const toItself = around1(pass, x, (x) => {
            cache = extended(earlier, self.memory(pass, x));
            return self.apply(pass, x, cache, mask);
          });
          const toMemory = around2(pass, toItself, (x) => cross.apply(pass, x, memory, memoryMask));
          return { x: around3(pass, toMemory, (x) => network(pass, x)), cache: cache! };
        },
      };
    },
  };
}

/** Keys and values with those of later positions behind them. */
function extended(earlier: Memory | undefined, { keys, values }: Memory): Memory {
  if (!earlier) return { keys, values };
  return { keys: tf.concat([earlier.keys, keys], 1), values: tf.concat([earlier.values, values], 1) };
}
