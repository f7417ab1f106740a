/** Family g: losses and discrepancies of outputs, and their gradients in them: label smoothing, weights on positions. */
import * as tf from "@tensorflow/tfjs";
import { softmax, type Tensor } from "../../mod.ts";
import { disposeTree } from "../../runtime/tree.ts";
import type { Compare, Recorded } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { compareArrays } from "./module_pass.ts";
import type { Json } from "./setting.ts";

const tensor = ({ data, shape }: Recorded): Tensor => tf.tensor(data, shape);
const labelsOf = (labels: number[][]): Tensor => tf.tensor2d(labels, undefined, "int32");
const file = ["case", "topic", "conventions", "description"];

/** Both formulas: fairseq at ε is the uniform one, ours, at ε V/(V − 1). */
export async function labelSmoothings({ logits, labels, mask, cases, ...rest }: Json, compare: Compare): Promise<void> {
  onlyKnown("file", rest, [...file, "equations"]);
  const outputs = logits.shape[2];
  for (const { formula, smoothing, loss, gradients } of cases) {
    const ours = tf.tidy(() => {
      const labelSmoothing = formula === "uniform" ? smoothing : smoothing * outputs / (outputs - 1);
      const output = softmax({ labelSmoothing }), weights = tf.tensor2d(mask), targets = labelsOf(labels);
      const { value, grad } = tf.valueAndGrad((z: Tensor) => output.loss(z, targets, weights) as tf.Scalar)(
        tensor(logits),
      );
      return { loss: value as Tensor, logits: grad };
    });
    await compareArrays(compare, `${formula} ${smoothing}`, ours, { loss, logits: gradients.logits });
    disposeTree(ours);
  }
}

/** The discrepancy and the loss with weights on positions. */
export async function maskedKls(
  { labels, logits_theta, logits_u, cases, ...rest }: Json,
  compare: Compare,
): Promise<void> {
  onlyKnown("file", rest, [...file, "tokens", "theta", "u"]); // the network behind the logits is not compared here
  const { loss, discrepancy } = softmax();
  for (const [i, { weights, fsd, loss_at_u, gradient_of_fsd_in_logits_u }] of cases.entries()) {
    const ours = tf.tidy(() => {
      const w = tensor(weights), u = tensor(logits_u), reference = tensor(logits_theta);
      const { value, grad } = tf.valueAndGrad((z: Tensor) => discrepancy(z, reference, w) as tf.Scalar)(u);
      return { fsd: value as Tensor, gradient: grad, loss: loss(u, labelsOf(labels), w) };
    });
    await compareArrays(compare, `${i}`, ours, { fsd, gradient: gradient_of_fsd_in_logits_u, loss: loss_at_u });
    disposeTree(ours);
  }
}
