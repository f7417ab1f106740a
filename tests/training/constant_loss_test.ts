/** The loss of always giving the same output. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  bernoulli,
  type Dataset,
  gaussian,
  mlp,
  type Model,
  type Output,
  rows,
  sequential,
  softmax,
  transformer,
} from "../../mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { tokenPairs } from "../../data/text/token_pairs.ts";
import { watchedBytes } from "../../runtime/watched_bytes.ts";
import { constantLoss } from "../../training/constant_loss.ts";

const many = Array.from({ length: 600 }, (_, i) => i), inputs = many.map((i) => [i / 600]); // more than are added up at a time

async function ofConstant(output: Output, data: Dataset, outputs: number, indices?: Uint32Array) {
  const model = mlp([1, outputs]), { params, buffers } = model.init(0), before = tf.memory().numTensors;
  const loss = await constantLoss({ model, output }, params, buffers, data, indices);
  assertEquals(tf.memory().numTensors, before);
  tf.dispose([params, buffers]);
  return loss!;
}

const entropy = (...shares: number[]) => -shares.reduce((sum, p) => sum + p * Math.log(p), 0);

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`constantLoss on ${backend}: half the variances of numbers, entropies of classes and of bits`, async () => {
    await chooseBackend(backend);
    const targets = many.map((i) => [i % 2 ? 3 : 1, i % 2 ? -5 : 5]); // variances 1 and 25
    assertAlmostEquals(await ofConstant(gaussian(), rows({ inputs, targets }), 2), 13, 1e-4);
    const labels = many.map((i) => i % 4 === 0 ? 2 : 0), shares = [0.75, 0.25]; // and none of class 1
    assertAlmostEquals(await ofConstant(softmax(), rows({ inputs, labels }), 3), entropy(...shares), 1e-5);
    const smooth = [0.7 * 0.75 + 0.1, 0.1, 0.7 * 0.25 + 0.1];
    const smoothed = await ofConstant(softmax({ labelSmoothing: 0.3 }), rows({ inputs, labels }), 3);
    assertAlmostEquals(smoothed, entropy(...smooth), 1e-5);
    const soft = rows({ inputs, targets: many.map((i) => i % 2 ? [0.5, 0.5] : [1, 0]) });
    assertAlmostEquals(await ofConstant(softmax(), soft, 2), entropy(...shares), 1e-5);
    const bits = rows({ inputs, targets: many.map((i) => [i % 4 === 0 ? 1 : 0, 0]) });
    assertAlmostEquals(await ofConstant(bernoulli(), bits, 2), entropy(...shares), 1e-5);
    const chosen = Uint32Array.from([0, 1, 2, 4]);
    assertAlmostEquals(await ofConstant(softmax(), rows({ inputs, labels }), 3, chosen), entropy(0.5, 0.5), 1e-5);
  });
}

Deno.test("constantLoss: examples count by their weights, positions of sequences by theirs, and outputs may be one number each", async () => {
  await chooseBackend("wasm");
  const model = sequential([2, 1], []), { params, buffers } = model.init(0);
  const data: Dataset = {
    size: 2,
    batch: (indices) => ({
      inputs: { x: tf.zeros([indices.length, 2, 1]) },
      targets: tf.tensor3d(Array.from(indices, (i) => i === 0 ? [[1], [2]] : [[7], [NaN]])),
      weights: tf.tensor2d(Array.from(indices, (i) => i === 0 ? [1, 1] : [2, 0])),
    }),
  };
  const mean = (1 + 2 + 2 * 7) / 4, loss = ((1 - mean) ** 2 + (2 - mean) ** 2 + 2 * (7 - mean) ** 2) / 4 / 2;
  assertAlmostEquals((await constantLoss({ model, output: gaussian() }, params, buffers, data))!, loss, 1e-5);
  const vector: Dataset = { // outputs [batch], of which there are as many as a batch has examples
    size: 300,
    batch: (indices) => ({
      inputs: { x: tf.zeros([indices.length, 1]) },
      targets: tf.tensor1d(Array.from(indices, (i) => i % 2 ? 3 : 1)),
    }),
  };
  const flat: Model = {
    ...model,
    apply: (_, buffers, { x }) => ({ outputs: tf.reshape(x as tf.Tensor, [-1]), buffers }),
  };
  const half = await constantLoss({ model: flat, output: gaussian() }, params, buffers, vector);
  assertAlmostEquals(half!, 0.5, 1e-6);
  const { loss: own, discrepancy } = gaussian();
  assertEquals(await constantLoss({ model, output: { loss: own, discrepancy } }, params, buffers, data), undefined);
});

Deno.test("constantLoss: of a large vocabulary only few outputs are there at a time", async () => {
  await chooseBackend("wasm");
  const model = transformer({ vocabulary: 4000, width: 8, heads: 2, hidden: 8, layers: 1 });
  const sequences = Array.from({ length: 300 }, (_, i) => Array.from({ length: 10 }, (_, j) => 3 + (7 * i + j) % 900));
  const data = tokenPairs({ source: sequences, target: sequences, start: 1, end: 2 });
  const { params, buffers } = model.init(0);
  using bytes = watchedBytes();
  const loss = await constantLoss({ model, output: softmax() }, params, buffers, data);
  assert(loss! > 5 && loss! < Math.log(901), `${loss}`);
  assert(bytes.peak < 40e6, `${bytes.peak}`); // 3,300 × 4,000 outputs are 53 MB
  tf.dispose(params);
});
