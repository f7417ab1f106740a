import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend, noisyLabels, rows, UserError } from "../../mod.ts";
import { type Dataset, disposeBatch } from "../../data/dataset.ts";
import { holdOut } from "../../data/hold_out.ts";

await chooseBackend("cpu");

const SIZE = 4000, labels = Array.from({ length: SIZE }, (_, i) => i % 4);
const data = rows({ inputs: labels.map((_, i) => [i]), labels });

/** Labels and inputs as batches have them. */
function batched(data: Dataset): { labels: number[]; inputs: number[] } {
  const batch = data.batch(Array.from({ length: data.size }, (_, i) => i));
  assertEquals([batch.targets.dtype, batch.targets.shape], ["int32", [data.size]]);
  const found = { labels: [...batch.targets.dataSync()], inputs: [...(batch.inputs.x as tf.Tensor).dataSync()] };
  disposeBatch(batch);
  return found;
}
const wrongOnes = (noisy: ArrayLike<number>) => labels.flatMap((label, i) => noisy[i] === label ? [] : [i]);

Deno.test("noisyLabels: exactly that share is wrong, each other class as often, in batches as in the list; no input changes", () => {
  const tensors = tf.memory().numTensors, noisy = noisyLabels(data, 0.2), found = batched(noisy);
  assertEquals(tf.memory().numTensors, tensors);
  assertEquals(found.labels, Array.from(noisy.labels!));
  assertEquals(found.inputs, labels.map((_, i) => i));
  const wrong = wrongOnes(noisy.labels!);
  assertEquals(wrong.length, 800);
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) {
      const count = wrong.filter((i) => labels[i] === from && noisy.labels![i] === to).length;
      // 800 of 12 kinds each: 66.7, and a binomial's standard deviation of 7.8
      if (from === to) assertEquals(count, 0);
      else assert(Math.abs(count - 800 / 12) < 4 * 7.8, `${count} of ${from} are ${to}`);
    }
  }
});

Deno.test("noisyLabels: the same ones each time; those of a small share are in a larger one's; the original is as it was", () => {
  const few = noisyLabels(data, 0.1).labels!, many = noisyLabels(data, 0.3).labels!;
  assertEquals(noisyLabels(data, 0.1).labels, few);
  for (const i of wrongOnes(few)) assertEquals(many[i], few[i]);
  assertEquals(wrongOnes(many).length, 1200);
  assertEquals(batched(data).labels, labels);
});

Deno.test("noisyLabels: what is held out of noisy data has the labels of its examples", () => {
  const noisy = noisyLabels(data, 0.5);
  const { train, test } = holdOut({ train: noisy, source: "" }, 0.1);
  for (const part of [train, test!]) {
    const { labels, inputs } = batched(part);
    assertEquals(labels, inputs.map((i) => noisy.labels![i]));
    assertEquals(labels, Array.from(part.labels!));
  }
});

Deno.test("noisyLabels: refuses shares that are none, data without labels, and a single class", () => {
  for (const share of [0, 1, -0.1, NaN]) assertThrows(() => noisyLabels(data, share), UserError, `share is ${share}`);
  assertThrows(() => noisyLabels(rows({ inputs: [[1]], targets: [[1]] }), 0.2), UserError, "have no labels");
  assertThrows(() => noisyLabels(rows({ inputs: [[1], [2]], labels: [0, 0] }), 0.5), UserError, "all labels are 0");
});

Deno.test("noisyLabels and holdOut keep what a class has: its size and its target scale", () => {
  class Own {
    readonly labels = [0, 1, 0, 1];
    get size() {
      return 4;
    }
    get targetScale() {
      return 3;
    }
    batch(indices: ArrayLike<number>) {
      return { inputs: {}, targets: tf.tensor1d(Array.from(indices, (i) => this.labels[i]), "int32") };
    }
  }
  const noisy = noisyLabels(new Own(), 0.25), { train } = holdOut({ train: new Own(), source: "" }, 0.5);
  assertEquals([noisy.size, noisy.targetScale, train.size, train.targetScale], [4, 3, 2, 3]);
});
