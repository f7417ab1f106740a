/**
 * Guards against derivatives of derivatives.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "./errors.ts";

/**
 * Throws unless the caller's gradient would be a first derivative. tfjs's second derivatives of `tanh`, `sigmoid`, `exp` and
 * `softmax` throw or, in mixed paths, are wrong without a word; nothing here needs any.
 *
 * @param what The function that is about to take a gradient, for the message.
 * @throws `UserError` while tfjs is recording another gradient.
 */
export function forbidSecondOrder(what: string): void {
  const depth = tf.engine().state.gradientDepth;
  if (depth === 0) return;
  throw new UserError(
    `${what} was called inside a function whose gradient is being taken (depth ${depth}): tfjs's second derivatives are ` +
      `wrong; call it outside tf.grad, tf.grads and tf.variableGrads`,
  );
}
