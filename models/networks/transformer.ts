/**
 * Transformers that turn one sequence into another.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { oneOf, positiveWhole, UserError } from "../../runtime/errors.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { causalMask, type Memory, paddingMask } from "../layers/attention.ts";
import { dense } from "../layers/dense.ts";
import { dropout } from "../layers/dropout.ts";
import { type BuiltEmbedding, embedding } from "../layers/embedding.ts";
import { sinusoids } from "../layers/positions.ts";
import type { TransformerLayerOptions } from "../layers/transformer_layers.ts";
import type { Model } from "../model.ts";
import type { Built, Module, Pass, Shape, Site } from "../module.ts";
import { PADDING } from "../tokens.ts";
import { assembled, type BuiltForInputs } from "../network.ts";
import { decoderOf, encoderOf, type Stack } from "./transformer_stacks.ts";

/** Which tables of a Transformer are one: all three, those of the decoder (its input and its output), or none. */
export type Tied = "all" | "decoder" | "none";

/** Options of {@linkcode transformer}. */
export interface TransformerOptions extends Partial<TransformerLayerOptions> {
  /** How many different tokens there are, in source and target alike. */
  readonly vocabulary: number;
  /** The length of a token's vector. Default: 128. */
  readonly width?: number;
  /** Default: 4. */
  readonly heads?: number;
  /** Default: 256. */
  readonly hidden?: number;
  /** Layers of the encoder, and as many of the decoder. Default: 2. */
  readonly layers?: number;
  /** Default: `"all"`. */
  readonly tied?: Tied;
}

/** What a decoder works with: tensors that the caller owns. Their first axis is that of the sequences. */
export type Decoding = {
  /** The padding mask of the sources, `[batch, 1, 1, source time]`. */
  readonly memoryMask: Tensor;
  /** Of each layer of the decoder: keys and values of what the encoder put out. */
  readonly memory: Memory[];
  /** Of each layer of the decoder: keys and values of the positions so far. Empty at the first token. */
  readonly cache: Memory[];
};

/** A network that writes a sequence token by token. */
export interface SequenceModel extends Model {
  /** Reads sources, `int32 [batch, time]`. Call it inside `tf.tidy`, as {@linkcode SequenceModel.next}. */
  begin(params: Tensors, source: Tensor): Decoding;
  /**
   * The logits of what follows, `[batch, vocabulary]`.
   *
   * @param token The latest token of each sequence, `int32 [batch]`.
   * @param position How many came before it.
   */
  next(
    params: Tensors,
    token: Tensor,
    position: number,
    decoding: Decoding,
  ): { readonly logits: Tensor; readonly decoding: Decoding };
}

/**
 * The encoder–decoder Transformer of Vaswani et al. 2017 (arXiv 1706.03762): tokens as vectors times √width plus sinusoids, an encoder and
 * a decoder of as many layers, and logits for each position. Its inputs are `source`, `int32 [batch, source time]`, and `target`,
 * `int32 [batch, time]`, the sequence to be written from a start token on, one behind what it is to be; both are filled up with
 * {@linkcode PADDING}. Give each batch weights `[batch, time]` that are 0 where the target is padding.
 *
 * With `norm: "pre"` encoder and decoder end with a normalization of their own. `TRANSFORMER_IWSLT` are the usual sizes for IWSLT'14.
 *
 * @throws `UserError` for sizes that are no whole numbers from 1, and a width that the heads do not divide.
 */
export function transformer(options: TransformerOptions): SequenceModel {
  const { width = 128, heads = 4, hidden = 256, layers = 2, vocabulary, norm = "pre", tied = "all" } = options;
  for (const [name, value] of Object.entries({ vocabulary, width, heads, hidden, layers })) positiveWhole(name, value);
  oneOf("tied", tied, ["all", "decoder", "none"]);
  if (width % heads !== 0) {
    throw new UserError({ argument: "heads", value: heads, remedy: `give a number that divides the width, ${width}` });
  }
  const whole = { vocabulary, width, layers, tied, layer: { heads, hidden, norm, dropout: options.dropout ?? 0 } };
  const { model, built, pass } = assembled(translator(whole), { source: [-1], target: [-1] });
  return {
    ...model,
    begin: (params, source) => built.begin(pass(params, {}), source),
    next: (params, token, position, decoding) => built.next(pass(params, {}), token, position, decoding),
  };
}

/** The sizes of fairseq's `transformer_iwslt_de_en`. */
export const TRANSFORMER_IWSLT: Required<
  Pick<TransformerOptions, "width" | "heads" | "hidden" | "layers" | "dropout">
> = {
  width: 512,
  heads: 4,
  hidden: 1024,
  layers: 6,
  dropout: 0.3,
};

/** What a {@linkcode transformer} is made of. */
interface Whole extends Stack {
  readonly vocabulary: number;
  readonly tied: Tied;
}

interface BuiltTranslator extends BuiltForInputs {
  begin(pass: Pass, source: Tensor): Decoding;
  next(pass: Pass, token: Tensor, position: number, decoding: Decoding): { logits: Tensor; decoding: Decoding };
}

/** Tokens as vectors, and vectors as logits. */
interface Tables {
  readonly source: BuiltEmbedding;
  readonly target: BuiltEmbedding;
  project(pass: Pass, x: Tensor): Tensor;
}

function translator(whole: Whole): Module<Readonly<Record<string, Shape>>, BuiltTranslator> {
  const { vocabulary, width, layer } = whole, vectors: Shape = [-1, width];
  return {
    kind: "transformer",
    build: (site) => {
      const tables = tablesOf(site, whole), encoder = encoderOf(site, whole), decoder = decoderOf(site, whole);
      const embed = (pass: Pass, table: BuiltEmbedding, drop: Built, tokens: Tensor, from = 0): Tensor => {
        const x = tf.mul(table.apply(pass, tokens), Math.sqrt(width));
        return drop.apply(pass, tf.add(x, sinusoids(tokens.shape[1]!, width, from)));
      };
      const dropped = (name: string) => site.child(name, dropout(layer.dropout), vectors);
      const source = dropped("source_dropout"), target = dropped("target_dropout");
      const encoded = (pass: Pass, tokens: Tensor) => {
        const visible = tf.notEqual(tokens, tf.scalar(PADDING, "int32")), mask = paddingMask(visible);
        const within = pass.masked(tf.cast(visible, "float32"));
        return { within, mask, x: encoder(within, embed(within, tables.source, source, tokens), mask) };
      };
      return {
        output: [-1, vocabulary],
        apply: (pass, inputs) => {
          const { within, mask, x } = encoded(pass, inputs.source), time = inputs.target.shape[1]!;
          const written = decoder.apply(pass, embed(pass, tables.target, target, inputs.target), {
            memory: decoder.memory(within, x),
            memoryMask: mask,
            mask: causalMask(time),
            cache: [],
          });
          return tables.project(pass, written.x);
        },
        begin: (pass, tokens) => {
          const { within, mask, x } = encoded(pass, tokens);
          return { memoryMask: mask, memory: decoder.memory(within, x), cache: [] };
        },
        next: (pass, token, position, decoding) => {
          const x = embed(pass, tables.target, target, tf.reshape(token, [-1, 1]), position);
          const written = decoder.apply(pass, x, decoding);
          const logits = tf.reshape(tables.project(pass, written.x), [-1, vocabulary]);
          return { logits, decoding: { ...decoding, cache: written.cache } };
        },
      };
    },
  };
}

function tablesOf(site: Site, { vocabulary, width, tied }: Whole): Tables {
  const table = (name: string) => site.child(name, embedding({ entries: vocabulary, size: width }), [-1]);
  if (tied === "all") {
    const one = table("embedding");
    return { source: one, target: one, project: one.project };
  }
  const source = table("source_embedding"), target = table("target_embedding");
  if (tied === "decoder") return { source, target, project: target.project };
  const output = site.child("output", dense({ units: vocabulary, bias: "none", init: "glorot" }), [-1, width]);
  return { source, target, project: output.apply };
}
