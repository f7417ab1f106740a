/**
 * Wrong labels, for experiments where gradients are noisy.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../runtime/errors.ts";
import { random } from "../runtime/random.ts";
import { type Dataset, described } from "./dataset.ts";

const NOISE_SEED = 0; // of its own: all runs with the same share have the same wrong labels

/**
 * The same examples, a random `share` of them with a wrong label: another class, each as likely. The choice depends on
 * nothing but the number of examples; what is wrong with a small share is as wrong with a larger one. There are as many classes as the
 * largest label tells.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { noisyLabels, rows } from "@amortized/apo";
 *
 * const labels = [0, 1, 1, 0], xor = rows({ inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], labels });
 * const noisy = noisyLabels(xor, 0.25); // for `fit`: { ...data, train: noisyLabels(data.train, 0.25) }
 * assertEquals(labels.filter((label, i) => noisy.labels![i] !== label).length, 1);
 * ```
 *
 * @throws `UserError` for a share that is not between 0 and 1, and data without labels or with one class only.
 */
export function noisyLabels(data: Dataset, share: number): Dataset {
  if (!(share > 0 && share < 1)) throw new UserError(`noisyLabels: share is ${share}; give a number between 0 and 1`);
  if (data.labels === undefined) throw new UserError("noisyLabels: the data have no labels; give data of classes");
  const labels = Int32Array.from(data.labels), classes = 1 + labels.reduce((most, label) => Math.max(most, label), 0);
  if (classes < 2) throw new UserError("noisyLabels: all labels are 0; give data of two classes or more");
  const draw = random(NOISE_SEED, "label noise");
  for (const i of draw.permutation(data.size).subarray(0, Math.round(share * data.size))) {
    const other = draw.integer(classes - 1);
    labels[i] = other < labels[i] ? other : other + 1;
  }
  return {
    ...described(data),
    labels,
    contents: data.contents && [...data.contents, new Uint8Array(labels.buffer)],
    batch: (indices, chance) => {
      const { targets, ...others } = data.batch(indices, chance);
      targets.dispose();
      return { ...others, targets: tf.tensor1d(Int32Array.from(indices, (i) => labels[i]), "int32") };
    },
  };
}
