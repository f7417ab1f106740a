/** Biases and activations in one pass on wasm: to the bit tfjs's operations, gradients too; and sums of many rows against float64. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import { biased } from "../../runtime/biased.ts";
import { BF16 } from "../../runtime/precision/format.ts";
import { computedIn } from "../../runtime/precision/scope.ts";
import { random, randomTensor } from "../../runtime/random.ts";
import type { Tensor } from "../../runtime/tensor.ts";

const functions = { relu: tf.relu, tanh: tf.tanh, sigmoid: tf.sigmoid } as const;

for (const activation of Object.keys(functions) as (keyof typeof functions)[]) {
  Deno.test(`biased, ${activation}: output and gradients have the bits of tfjs's operations`, async () => {
    await chooseBackend("wasm");
    const before = tf.memory().numTensors;
    for (const shape of [[1, 1, 1, 1], [2, 3, 5, 6], [1, 7, 3, 4], [2, 2, 3, 5], [64, 33], [3, 3, 7]]) {
      tf.tidy(() => {
        const { normal: source } = random(3, "biased"), [x, dy] = [0, 1].map(() => randomTensor(shape, source));
        const bias = randomTensor([shape.at(-1)!], source);
        const composed = (x: Tensor, bias: Tensor): Tensor => functions[activation](tf.add(x, bias));
        const fused = (x: Tensor, bias: Tensor): Tensor => biased(x, bias, activation)!;
        const results = [composed, fused].map((layer) => {
          const gradients = tf.grads((x, bias) => tf.sum(tf.mul(dy, layer(x, bias))))([x, bias]);
          return [layer(x, bias), ...gradients].map((tensor) => ({
            shape: tensor.shape,
            values: [...tensor.dataSync()],
          }));
        });
        assertEquals(results[1], results[0], `${shape}`);
      });
    }
    assertEquals(tf.memory().numTensors, before);
  });
}

Deno.test("biased: the bias's gradient over many positions is their sum in float64", async () => {
  await chooseBackend("wasm");
  for (const shape of [[40, 25, 20, 6], [13, 25, 19, 5], [40, 25, 20, 8]]) {
    tf.tidy(() => {
      const { normal: source } = random(5, "biased"),
        x = randomTensor(shape, source),
        dy = tf.add(randomTensor(shape, source), 0.5);
      const channels = shape.at(-1)!, bias = tf.zeros([channels]);
      const [dx, found] = tf.grads((x, bias) => tf.sum(tf.mul(dy, biased(x, bias, "relu")!)))([x, bias]);
      const slopes = dx.dataSync(), given = dy.dataSync(), inputs = x.dataSync(), exact = new Float64Array(channels);
      slopes.forEach((slope, i) => {
        assertEquals(slope, inputs[i] > 0 ? given[i] : 0);
        exact[i % channels] += slope;
      });
      found.dataSync().forEach((sum, i) => assertAlmostEquals(sum / exact[i], 1, 2e-6, `${shape}: ${i}`));
    });
  }
});

Deno.test("biased: other types and shapes, and narrow arithmetic, are left to operations; an empty tensor too", async () => {
  await chooseBackend("wasm");
  tf.tidy(() => {
    const x = tf.ones([2, 3]), bias = tf.zeros([3]);
    assertEquals(biased(tf.zeros([2, 3], "int32"), bias, "relu"), undefined);
    assertEquals(biased(tf.zeros([0, 3]), bias, "relu"), undefined);
    assertEquals(biased(x, tf.zeros([1]), "relu"), undefined);
    assertEquals(biased(x, tf.zeros([1, 3]), "relu"), undefined);
    assertEquals(computedIn({ results: { passes: BF16 } }, "passes", () => biased(x, bias, "relu")), undefined);
    assertEquals([...biased(tf.tensor2d([[NaN, -1, 2]]), bias, "relu")!.dataSync()], [NaN, 0, 2]);
  });
});
