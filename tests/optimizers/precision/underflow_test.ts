/** How much of a gradient becomes 0. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend, dense, policyOf, type Problem, sequential, underflow } from "../../../mod.ts";

await chooseBackend("cpu");

Deno.test("underflow: the share of numbers of a gradient that float16 cannot tell from 0", async () => {
  // the gradient of Σ s x W is s x: of 4 inputs two are below half of 2⁻²⁴, the least float16, and one is 0 anyway
  const scale = 2 ** -14, inputs = [1, 2 ** -12, 2 ** -13, 0].map((x) => x * (1 + 1 / 64));
  const model = sequential([4], [dense({ units: 2, bias: "none" })]), { params, buffers } = model.init(1);
  const loss = (outputs: tf.Tensor): tf.Tensor => tf.mul(tf.sum(outputs), scale);
  const problem = { model, output: { loss, discrepancy: loss } } as unknown as Problem;
  const batch = { inputs: { x: tf.tensor2d([inputs]) }, targets: tf.zeros([1, 2]) }, tensors = tf.memory().numTensors;
  const share = (precision: string) => underflow(problem, policyOf({ precision }), { params, buffers, batch });
  assertAlmostEquals(await share("f16"), 2 / 3, 1e-6);
  assertEquals(await share("bf16"), 0);
  assertEquals(tf.memory().numTensors, tensors);
});
