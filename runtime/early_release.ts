/**
 * Backward passes that free what they are done with. tfjs keeps everything to the end: what all operations saved, and the gradients
 * in all that they put out.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "./tensor.ts";

/** An operation on tfjs's tape. */
export interface TapeNode {
  /** What it saved for the way back. */
  readonly saved?: readonly Tensor[];
  /** From the gradients in its outputs to functions that give those in its inputs; they are called before the next node's. */
  gradient?: (slopes: (Tensor | null)[]) => Record<string, () => Tensor>;
}

/**
 * Makes each operation on the tape free, on the way back, what it saved and the gradients in its outputs, as soon as it is done. The
 * gradient of an operation may give away a tensor that it was given, also twice, and one that is not of this pass: these stay.
 *
 * @param tape All of it, in order, before the way back begins. Nobody may differentiate the way back.
 * @param first The `id` of the next tensor that is made.
 */
export function releaseEarly(tape: readonly TapeNode[], first: number): void {
  const handedOver = new Map<Tensor, number>();
  const isSpent = (slope: Tensor | null): slope is Tensor =>
    slope !== null && slope.id >= first && !slope.kept && (handedOver.get(slope) ?? 0) < 2;
  let spent: () => void = () => {};
  for (const node of tape) {
    const { gradient, saved = [] } = node;
    if (!gradient) continue;
    node.gradient = (slopes) => {
      spent();
      spent = () => {
        tf.dispose([...saved.filter((tensor) => !handedOver.has(tensor)), ...slopes.filter(isSpent)]);
      };
      const counted = Object.entries(gradient(slopes)).map(([name, of]) => {
        return [name, () => {
          const tensor = of();
          handedOver.set(tensor, (handedOver.get(tensor) ?? 0) + 1);
          return tensor;
        }] as const;
      });
      return Object.fromEntries(counted);
    };
  }
}
