/** Losses and discrepancies of outputs, and their gradients in them: label smoothing, weights on positions. */
import * as tf from "@tensorflow/tfjs";
import { softmax, type Tensor } from "../../mod.ts";
import type { Compare, Recorded } from "./comparison.ts";
import type { Json } from "./setting.ts";

const tensor = ({ data, shape }: Recorded): Tensor => tf.tensor(data, shape);
const labelsOf = (labels: number[][]): Tensor => tf.tensor2d(labels, undefined, "int32");

/** By a file's topic. */
export const topics: Record<string, (file: Json, compare: Compare) => void> = { label_smoothing, masked_kl };

/** Both formulas: fairseq at ε is the uniform one, ours, at ε V/(V − 1). */
function label_smoothing({ logits, labels, mask, cases }: Json, compare: Compare): void {
  const outputs = logits.shape[2];
  for (const { formula, smoothing, loss, gradients } of cases) {
    tf.tidy(() => {
      const labelSmoothing = formula === "uniform" ? smoothing : smoothing * outputs / (outputs - 1);
      const output = softmax({ labelSmoothing }), weights = tf.tensor2d(mask), targets = labelsOf(labels);
      const { value, grad } = tf.valueAndGrad((z: Tensor) => output.loss(z, targets, weights) as tf.Scalar)(
        tensor(logits),
      );
      compare(`${formula} ${smoothing}: loss`, value, loss);
      compare(`${formula} ${smoothing}: gradient`, grad, gradients.logits);
    });
  }
}

function masked_kl({ labels, logits_theta, logits_u, cases }: Json, compare: Compare): void {
  const { loss, discrepancy } = softmax();
  for (const [i, { weights, fsd, loss_at_u, gradient_of_fsd_in_logits_u }] of cases.entries()) {
    tf.tidy(() => {
      const w = tensor(weights), u = tensor(logits_u), reference = tensor(logits_theta);
      const { value, grad } = tf.valueAndGrad((z: Tensor) => discrepancy(z, reference, w) as tf.Scalar)(u);
      compare(`${i}: FSD`, value, fsd);
      compare(`${i}: gradient`, grad, gradient_of_fsd_in_logits_u);
      compare(`${i}: loss`, loss(u, labelsOf(labels), w), loss_at_u);
    });
  }
}
