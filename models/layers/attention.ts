/**
 * Attention.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { attended } from "../../runtime/attention.ts";
import { positiveWhole, UserError } from "../../runtime/errors.ts";
import { largestOf } from "../../runtime/precision/format.ts";
import { formatNow } from "../../runtime/precision/scope.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import type { Module, Pass, Shape } from "../module.ts";
import { dense } from "./dense.ts";

/** What is attended to. */
export type Memory = {
  /** `[batch, keys, size]`, the vectors of all heads side by side. */
  readonly keys: Tensor;
  /** `[batch, keys, size]`, likewise. */
  readonly values: Tensor;
};

/** Attention that knows the size of its inputs. */
export interface BuiltAttention {
  /** `[-1, size]`. */
  readonly output: Shape;
  /** The keys and values of vectors `[batch, keys, size]`. */
  memory(pass: Pass, x: Tensor): Memory;
  /**
   * What each query finds, `[batch, queries, size]`.
   *
   * @param x The vectors that ask, `[batch, queries, size]`.
   * @param memory What they ask.
   * @param mask An {@linkcode attentionMask} of the keys that a query sees. Default: all.
   */
  apply(pass: Pass, x: Tensor, memory: Memory, mask?: Tensor): Tensor;
}

const MASKED = -1e9; // its exponential is 0 in float32; ∞ would make NaN of a query that sees no key

/**
 * In a format that has no such number, half of its lowest: two masks may be added up.
 *
 * @throws `UserError` for less than 4 bits of exponent: with 3, half of the lowest is −8, whose exponential is not 0.
 */
function masked(): number {
  const format = formatNow();
  if (format && format.exponent < 4) {
    const remedy = "give a format with 4 bits of exponent or more, such as e4m3";
    throw new UserError({ argument: "precision", value: format.name, problem: "cannot mask attention", remedy });
  }
  return format ? Math.max(MASKED, -largestOf(format) / 2) : MASKED;
}

/**
 * A mask that is added to the scores of keys: 0 where `visible` is 1 or true, and elsewhere a number so far below 0 that the weight
 * becomes 0.
 */
export function attentionMask(visible: Tensor): Tensor {
  return tf.mul(tf.sub(1, tf.cast(visible, "float32")), masked());
}

/** The mask by which no position sees a later one, `[1, 1, time, time]`. */
export function causalMask(time: number): Tensor {
  const position = tf.range(0, time);
  return tf.reshape(attentionMask(tf.greaterEqual(tf.reshape(position, [time, 1]), position)), [1, 1, time, time]);
}

/** The mask by which nothing sees padding, `[batch, 1, 1, keys]`. `visible`, `[batch, keys]`, is 1 or true where a token stands. */
export function paddingMask(visible: Tensor): Tensor {
  return tf.reshape(attentionMask(visible), [visible.shape[0], 1, 1, visible.shape[1]!]);
}

/**
 * Multi-head scaled dot-product attention, `$\mathrm{softmax}(q k^\top/\sqrt{size/heads})\,v$` of each head (Vaswani et al. 2017, arXiv
 * 1706.03762, section 3.2). The maps `query`, `key`, `value` and `output` have Glorot's initial values and biases, but for `key`: a bias
 * there moves all scores of a query alike, so that its gradient is 0.
 *
 * @param heads The last axis is split into so many.
 * @throws `UserError` for a last axis that is not divisible by them.
 */
export function attention(heads: number): Module<Shape, BuiltAttention> {
  positiveWhole("attention: heads", heads);
  return {
    kind: "attention",
    build: (site, input) => {
      const size = input.at(-1)!;
      if (input.length !== 2 || size < 1 || size % heads !== 0) {
        const remedy = "give sequences [time, size] of a size that is divisible by the heads";
        throw new UserError(`attention: there are ${heads} heads for an input of shape [${input}]; ${remedy}`);
      }
      const map = (name: string, bias: "separate" | "none" = "separate") =>
        site.child(name, dense({ units: size, bias, init: "glorot" }), input);
      const query = map("query"), key = map("key", "none"), value = map("value"), output = map("output");
      return {
        output: input,
        memory: (pass, x) => ({ keys: key.apply(pass, x), values: value.apply(pass, x) }),
        apply: (pass, x, { keys, values }, mask) => {
          return output.apply(pass, attended(heads, { q: query.apply(pass, x), k: keys, v: values, mask }));
        },
      };
    },
  };
}
