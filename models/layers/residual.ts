/**
 * Residual connections.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../../runtime/errors.ts";
import type { Built, Module, Shape } from "../module.ts";
import { expectImage } from "../windows.ts";
import { batchNorm } from "./batch_norm.ts";
import { dropout } from "./dropout.ts";
import { series } from "./series.ts";
import { conv2d } from "./conv2d.ts";

/** What goes around a block where shapes differ: zeros for new channels (A), or a 1×1 convolution (B). He et al. 2016, section 3.3. */
export type Shortcut = "A" | "B";

/** Options of {@linkcode basicBlock} and {@linkcode preActivationBlock}. */
export interface BlockOptions {
  /** Output channels. */
  readonly filters: number;
  /** Of the first convolution and of the shortcut. Default: 1. */
  readonly stride?: number;
}

/** body(x) + shortcut(x), whose parts are called `body` and `shortcut`. Without a shortcut, body(x) + x. */
export function residual(body: Module, shortcut?: Module): Module {
  return {
    kind: "residual",
    build: (site, input) =>
      sum(site.child("body", body, input), shortcut ? site.child("shortcut", shortcut, input) : identity(input)),
  };
}

/**
 * relu(norm2(conv2(relu(norm1(conv1 x)))) + shortcut(x)) with 3×3 convolutions (He et al. 2016, arXiv 1512.03385). Where the
 * shape does not change, the shortcut is the identity.
 */
export function basicBlock(
  { filters, stride = 1, shortcut = "B" }: BlockOptions & { readonly shortcut?: Shortcut },
): Module {
  return {
    kind: "block",
    build: (site, input) => {
      const body = series({
        conv1: threeByThree(filters, stride),
        norm1: batchNorm({ activation: "relu" }),
        conv2: threeByThree(filters, 1),
      }).build(site, input);
      const last = site.child("norm2", batchNorm({ activation: "relu" }), body.output);
      const around = stride === 1 && input[2] === filters
        ? identity(input)
        : shortcut === "A"
        ? subsampled(input, filters, stride)
        : series({ shortcut: oneByOne(filters, stride), shortcut_norm: batchNorm() }).build(site, input);
      return {
        output: body.output,
        apply: (pass, x) => last.apply(pass, body.apply(pass, x), around.apply(pass, x)),
      };
    },
  };
}

/**
 * With a = relu(norm1 x): conv2(dropout(relu(norm2(conv1 a)))) + x, or + a 1×1 convolution of a where the shape changes, be it in
 * channels alone (He et al. 2016b, arXiv 1603.05027; Zagoruyko & Komodakis 2016, arXiv 1605.07146, whose dropout it is).
 *
 * @param options `dropout` is a rate. Default: 0.
 */
export function preActivationBlock(
  { filters, stride = 1, dropout: rate = 0 }: BlockOptions & { readonly dropout?: number },
): Module {
  return {
    kind: "block",
    build: (site, input) => {
      const before = site.child("norm1", batchNorm({ activation: "relu" }), input);
      const body = series({
        conv1: threeByThree(filters, stride),
        norm2: batchNorm({ activation: "relu" }),
        dropout: dropout(rate),
        conv2: threeByThree(filters, 1),
      }).build(site, input);
      const shortcut = stride === 1 && input[2] === filters
        ? undefined
        : site.child("shortcut", oneByOne(filters, stride), input);
      return {
        output: body.output,
        apply: (pass, x) => {
          const a = before.apply(pass, x);
          return tf.add(body.apply(pass, a), shortcut ? shortcut.apply(pass, a) : x);
        },
      };
    },
  };
}

const threeByThree = (filters: number, stride: number): Module =>
  conv2d({ filters, window: 3, stride, padding: 1, bias: "none", init: "he" });
const oneByOne = (filters: number, stride: number): Module =>
  conv2d({ filters, window: 1, stride, padding: 0, bias: "none", init: "he" });

const identity = (input: Shape): Built => ({ output: input, apply: (_pass, x) => x });

function sum(a: Built, b: Built): Built {
  if (`${a.output}` !== `${b.output}`) {
    throw new UserError(
      `residual: the body puts out [${a.output}], the shortcut [${b.output}]; give both the same shape`,
    );
  }
  return { output: a.output, apply: (pass, x) => tf.add(a.apply(pass, x), b.apply(pass, x)) };
}

/** Every `stride`-th pixel, with channels of zeros, half of them before and half after. */
function subsampled(input: Shape, filters: number, stride: number): Built {
  expectImage("basicBlock", input);
  const [height, width, channels] = input, more = filters - channels;
  if (more < 0) {
    throw new UserError(`basicBlock: shortcut "A" cannot take ${channels} channels to ${filters}; give "B"`);
  }
  const counts = [height, width].map((side) => Math.ceil(side / stride));
  const before = Math.floor(more / 2);
  return {
    output: [...counts, filters],
    apply: (_pass, x) => {
      const kept = tf.avgPool(x as tf.Tensor4D, 1, stride, "valid"); // the mean of one pixel is that pixel
      return tf.pad(kept, [[0, 0], [0, 0], [0, 0], [before, more - before]]);
    },
  };
}
