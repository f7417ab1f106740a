/**
 * Class numbers as targets.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { checkNumbers } from "../runtime/check_numbers.ts";
import type { Tensor } from "../runtime/tensor.ts";
import { IGNORED } from "./check_targets.ts";

/** Class numbers as int32. One that is no whole number becomes −1, which no output stands for. */
export function classNumbers(targets: Tensor): Tensor {
  if (targets.dtype !== "float32") return tf.cast(targets, "int32");
  return tf.cast(tf.where(tf.equal(tf.floor(targets), targets), targets, tf.scalar(-1)), "int32");
}

/** Probabilities of class numbers (int32): 1 for each one's class. NaN for all classes for a number that no output stands for. */
export function oneHot(labels: Tensor, classes: number): Tensor {
  const known = tf.logicalAnd(tf.greaterEqual(labels, 0), tf.less(labels, classes));
  const unknown = tf.expandDims(tf.where(known, tf.scalar(0), tf.scalar(NaN)), -1);
  return tf.add(tf.cast(tf.oneHot(labels, classes), "float32"), unknown);
}

/**
 * Looks at class numbers where this costs no wait for a device.
 *
 * @param weights As in `Batch`: where they are 0 any number will do.
 * @throws `UserError` for a number that no output stands for.
 */
export function checkClassNumbers(targets: Tensor, classes: number, weights?: Tensor): void {
  const remedy = (label: number): string => {
    const more = Number.isInteger(label) && label >= classes ? `give it ${label + 1} outputs or more, ` : "";
    return `, but the model has ${classes} outputs, for the classes 0 to ${
      classes - 1
    }; ${more}mend the labels, or ${IGNORED}`;
  };
  checkNumbers("targets", targets, { from: 0, to: classes - 1, whole: true }, remedy, weights);
}
