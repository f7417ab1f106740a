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
 */
export function releaseEarly(tape: readonly TapeNode[]): void {
  const { nextTensorId } = tf.engine() as unknown as { nextTensorId(): number };
  const start = nextTensorId(), isOurs = ({ id, kept }: Tensor) => id > start && !kept;
  const places = new Map<Tensor, number>(); // of how many outputs and inputs a tensor is the gradient
  const count = (tensor: Tensor, by: number): number => {
    const now = (places.get(tensor) ?? 0) + by;
    places.set(tensor, now);
    return now;
  };
  let spent: () => void = () => {};
  for (const node of tape) {
    const { gradient, saved = [] } = node;
    if (!gradient) continue;
    node.gradient = (given) => {
      spent();
      const slopes = given.filter((slope) => slope !== null);
      for (const slope of slopes) if (!places.has(slope)) count(slope, 1); // tfjs's own, such as a sum of two
      spent = () => {
        tf.dispose(saved.filter((tensor) => !places.has(tensor)));
        tf.dispose(slopes.filter((slope) => count(slope, -1) === 0 && isOurs(slope)));
      };
      const counted = Object.entries(gradient(given)).map(([name, of]) => {
        return [name, () => {
          const tensor = of();
          count(tensor, 1);
          return tensor;
        }] as const;
      });
      return Object.fromEntries(counted);
    };
  }
}
