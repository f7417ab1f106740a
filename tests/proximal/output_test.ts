/** Outputs: what belongs together. The golden files hold label smoothing's values on cpu; here the backends are compared. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  bernoulli,
  crossEntropy,
  gaussian,
  gaussNewton,
  inference,
  kl,
  linear,
  type Output,
  softmax,
  type Tensor,
  UserError,
} from "../../mod.ts";
import { ROW_LOSS } from "../../runtime/row_loss.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { onEveryBackend } from "./on_every_backend.ts";

const LOGITS = [[0.2, -1, 0.7], [1, 2, -0.5], [0, 0.3, 0.1]], LABELS = [2, 0, 1], SMOOTHING = 0.2;

/** Of one row: (1 − ε) nll + ε/V Σ −log p. */
function smoothed(row: number[], label: number): number {
  const log = Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0));
  return (1 - SMOOTHING) * (log - row[label]) + SMOOTHING / 3 * row.reduce((sum, z) => sum + log - z, 0);
}

onEveryBackend(
  "softmax: label smoothing of class numbers and of probabilities, with an example that is ignored",
  async () => {
    const { loss } = softmax({ labelSmoothing: SMOOTHING });
    const oneHot = LABELS.map((label) => [0, 1, 2].map((c) => Number(c === label)));
    for (const targets of [() => tf.tensor1d(LABELS, "int32"), () => tf.tensor2d(oneHot)]) {
      const values = tf.tidy(() => loss(tf.tensor2d(LOGITS), targets()));
      const expected = LOGITS.reduce((sum, row, i) => sum + smoothed(row, LABELS[i]), 0) / 3;
      assertAlmostEquals((await values.data())[0], expected, 1e-6);
      values.dispose();
    }
    const weights = [1, 0, 2], expected = (smoothed(LOGITS[0], 2) + 2 * smoothed(LOGITS[2], 1)) / 3;
    const ignoring = tf.tidy(() => loss(tf.tensor2d(LOGITS), tf.tensor1d([2, -1, 1], "int32"), tf.tensor1d(weights)));
    assertAlmostEquals((await ignoring.data())[0], expected, 1e-6);
    const unknown = tf.tidy(() => loss(tf.tensor2d(LOGITS), tf.tensor1d([2, -1, 1], "int32")));
    assertEquals((await unknown.data())[0], NaN);
    tf.dispose([ignoring, unknown]);
  },
);

Deno.test("softmax: label smoothing within a gradient is the kernel's on wasm", async () => {
  await chooseBackend("wasm");
  const { loss } = softmax({ labelSmoothing: SMOOTHING }), z: Tensor = tf.tensor2d(LOGITS);
  const [labels, w] = [tf.tensor1d(LABELS, "int32"), tf.ones([3])];
  const { kernelNames } = await tf.profile(() => tf.dispose(tf.grad((z: Tensor) => loss(z, labels, w))(z)));
  assert(kernelNames.includes(ROW_LOSS), kernelNames.join());
  tf.dispose([z, labels, w]);
});

Deno.test("softmax: without smoothing the loss is crossEntropy; a smoothing that cannot be is refused", () => {
  assertEquals([softmax().loss, softmax().discrepancy], [crossEntropy, kl]);
  for (const labelSmoothing of [-0.1, 1, NaN]) {
    assertThrows(() => softmax({ labelSmoothing }), UserError, `labelSmoothing is ${labelSmoothing}`);
  }
});

Deno.test("check: targets that fit are let through, others are refused, lengths that are null may be any", async () => {
  await chooseBackend("cpu");
  const refused: [Output, Tensor, string][] = [
    [softmax(), tf.tensor1d([0, 3], "int32"), "targets[1] is 3, but the model has 3 outputs"],
    [softmax(), tf.ones([2, 1]), "targets has the shape [2, 1]"],
    [bernoulli(), tf.ones([2]), "targets has the shape [2], but the outputs have [any, 3]"],
    [gaussian(), tf.ones([2, 1]), "targets has the shape [2, 1]"],
    [gaussian(), tf.tensor2d([[1, 2, 3], [0, NaN, 0]]), "targets[1, 1] is NaN; give finite numbers, or give an"],
    [gaussian(), tf.tensor2d([[1, 2, -Infinity]]), "targets[0, 2] is -Infinity; give finite"],
    [bernoulli(), tf.tensor2d([[0, 1, 1.001]]), "targets[0, 2] is 1.00"],
    [bernoulli(), tf.tensor2d([[0, 1, -1]]), "targets[0, 2] is -1; give probabilities from 0 to 1"],
    [bernoulli(), tf.tensor2d([[0, NaN, 1]]), "targets[0, 1] is NaN; give probabilities from 0 to 1"],
    [softmax(), tf.tensor2d([[0.5, 1, -0.5]]), "targets[0, 2] is -0.5; give probabilities from 0 to 1"],
    [
      softmax(),
      tf.tensor2d([[0, 1, 0], [1, 0, 1]]),
      "the sum of targets[1] is 2; give class numbers, or probabilities",
    ],
    [softmax({ labelSmoothing: 0.1 }), tf.zeros([1, 3]), "the sum of targets[0] is 0; give class numbers, or prob"],
  ];
  for (const [output, targets, message] of refused) {
    assertThrows(() => output.check!([null, 3], targets), UserError, message);
  }
  const probabilities = tf.tensor2d([[0.33, 0.33, 0.33], [0, 1 + 1e-7, -1e-7]]); // rounded by hand, and in float32
  for (const targets of [tf.tensor1d([0, 2], "int32"), probabilities]) softmax().check!([null, 3], targets);
  const ignored = tf.tensor2d([[NaN, 7, -1], [1, 0, 0]]), weights = tf.tensor1d([0, 1]);
  for (const output of [softmax(), bernoulli(), gaussian()]) output.check!([null, 3], ignored, weights);
  softmax().check!([null, 3], tf.tensor1d([0, 7], "int32"), tf.tensor1d([1, 0]));
  for (const output of [bernoulli(), gaussian()]) output.check!([null, 3], tf.ones([2, 3]));
});

Deno.test("gaussNewton: an output of one's own without a likelihood is refused, and what is missing named", async () => {
  await chooseBackend("cpu");
  const model = linear(2, 3), { loss, discrepancy } = softmax(), { params, buffers } = model.init(0);
  const batch = { inputs: { x: tf.ones([1, 2]) }, targets: tf.tensor1d([0], "int32") };
  const problem = { model, output: { loss, discrepancy } };
  const message = "gaussNewton needs problem.output.likelihood; give softmax(), bernoulli() or gaussian()";
  assertThrows(() => gaussNewton({ problem, params, buffers, batch, mode: inference }), UserError, message);
});
