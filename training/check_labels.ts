/**
 * Whether labels and model belong together.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { inference } from "../models/mode.ts";
import { crossEntropy } from "../proximal/cross_entropy.ts";
import type { Problem } from "../proximal/problem.ts";
import { UserError } from "../runtime/errors.ts";
import type { Tensors, Tree } from "../runtime/tensor.ts";
import type { Dataset } from "../data/dataset.ts";

/**
 * Looks at the labels on the host, and at the shape of the outputs for one example: nothing is read back.
 *
 * @throws `UserError` for a label that none of the model's outputs stands for, which cross-entropy would count as a loss of 0.
 */
export function checkLabels(
  { model, loss }: Problem,
  params: Tensors,
  buffers: Tree,
  data: { readonly train: Dataset; readonly test?: Dataset },
): void {
  if (loss !== crossEntropy || data.train.labels === undefined) return;
  const classes = tf.tidy(() =>
    model.apply(params, buffers, data.train.batch([0]).inputs, inference).outputs.shape.at(-1)!
  );
  for (const [part, labels = []] of [["training", data.train.labels], ["test", data.test?.labels]] as const) {
    for (let i = 0; i < labels.length; i++) {
      if (labels[i] < classes) continue;
      throw new UserError(
        `the label of ${part} example ${i} is ${
          labels[i]
        }, but the model has ${classes} outputs, for the classes 0 to ` +
          `${classes - 1}; give it ${labels[i] + 1} outputs or more, or mend the labels`,
      );
    }
  }
}
