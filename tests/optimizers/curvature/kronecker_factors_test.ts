/** The factors against their definition in float64: loops over examples, positions and the kernel's window. */
import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  conv2d,
  dense,
  factorSides,
  globalAveragePool,
  inference,
  kl,
  kroneckerFactors,
  layerPass,
  mlp,
  type Model,
  sequential,
  softmax,
  weightMatrices,
} from "../../../mod.ts";
import { type BackendName, chooseBackend } from "../../../runtime/backend.ts";
import { random, randomTensor } from "../../../runtime/random.ts";
import { normalizedNetwork } from "../contract_models.ts";
import { assertClose } from "../baselines/quadratic.ts";

const BATCH = 3, CHANNELS = 2, FILTERS = 3;

interface Convolution {
  readonly image: [number, number];
  readonly window: [number, number];
  readonly stride: number;
  readonly padding: "same" | "valid";
  readonly bias: "separate" | "none";
}

const add = (sum: number[][], x: number[], y: number[], weight: number) =>
  x.forEach((xi, i) => y.forEach((yj, j) => sum[i][j] += weight * xi * yj));
const zeros = (n: number) => Array.from({ length: n }, () => Array(n).fill(0));

/** A summed over positions, B averaged, both means over examples (Grosse & Martens 2016, with β's of one position each). */
function reference(
  { image, window, stride, padding, bias }: Convolution,
  x: ArrayLike<number>,
  own: ArrayLike<number>,
) {
  const [height, width] = image;
  const counts = image.map((side, i) =>
    padding === "same" ? Math.ceil(side / stride) : Math.floor((side - window[i]) / stride) + 1
  );
  const before = image.map((side, i) =>
    padding === "same" ? Math.floor(Math.max(0, (counts[i] - 1) * stride + window[i] - side) / 2) : 0
  );
  const pixel = (n: number, r: number, c: number, k: number) =>
    r < 0 || c < 0 || r >= height || c >= width ? 0 : x[((n * height + r) * width + c) * CHANNELS + k];
  const A = zeros(window[0] * window[1] * CHANNELS + (bias === "separate" ? 1 : 0)), B = zeros(FILTERS);
  const positions = counts[0] * counts[1];
  for (let n = 0; n < BATCH; n++) {
    for (let p = 0; p < positions; p++) {
      const top = Math.floor(p / counts[1]) * stride - before[0], left = (p % counts[1]) * stride - before[1];
      const patch: number[] = [];
      for (let i = 0; i < window[0]; i++) {
        for (let j = 0; j < window[1]; j++) {
          for (let k = 0; k < CHANNELS; k++) patch.push(pixel(n, top + i, left + j, k));
        }
      }
      if (bias === "separate") patch.push(1);
      add(A, patch, patch, 1 / BATCH);
      const delta = Array.from({ length: FILTERS }, (_, f) => own[(n * positions + p) * FILTERS + f]);
      add(B, delta, delta, 1 / (BATCH * positions));
    }
  }
  return { A: A.flat(), B: B.flat(), counts };
}

/** Image and window. */
const sides: [image: [number, number], window: [number, number]][] = [
  [[5, 6], [3, 3]],
  [[5, 4], [2, 2]],
  [[6, 5], [4, 1]],
  [[3, 3], [1, 1]],
  [[4, 7], [2, 3]],
];
const cases: Convolution[] = sides.flatMap(([image, window]) =>
  [1, 2, 3].flatMap((stride) =>
    (["same", "valid"] as const).map((padding, i) => {
      const bias = i === stride % 2 ? "separate" : "none";
      return { image, window, stride, padding, bias } as const;
    })
  )
);

for (const backend of ["cpu", "wasm"] as BackendName[]) {
  Deno.test(`${backend}: a convolution's factors are those of its patches, for each window, stride and padding`, async () => {
    await chooseBackend(backend);
    for (const [which, convolution] of cases.entries()) {
      tf.tidy(() => {
        const { image, window, stride, padding, bias } = convolution, stream = random(which, "images");
        const network = sequential([...image, CHANNELS], [
          conv2d({ filters: FILTERS, window, stride, padding, bias, activation: "tanh" }),
          globalAveragePool(),
        ]);
        const x = randomTensor([BATCH, ...image, CHANNELS], () => stream.normal());
        const problem = { model: network, output: softmax() }, { params } = network.init(which);
        const batch = { inputs: { x }, targets: tf.tensor1d([0, 2, 1], "int32") };
        const uses = layerPass(problem, params, {}, batch, inference).uses.conv1, [{ delta }] = uses;
        const [map] = weightMatrices(network), { A, B } = kroneckerFactors(map, uses, BATCH);
        const expected = reference(convolution, x.dataSync(), tf.mul(delta, BATCH).dataSync());
        assertEquals(delta.shape, [BATCH, ...expected.counts, FILTERS]);
        assertEquals([A.shape[0], B.shape[0]], factorSides(map));
        assertClose([...A.dataSync()], expected.A, 2e-5);
        assertClose([...B.dataSync()], expected.B, 2e-6);
      });
    }
  });
}

Deno.test("the patches are in the kernel's order: patches times the kernel is the convolution", async () => {
  await chooseBackend("cpu");
  tf.tidy(() => {
    // with one filter and one example, the gradient of the sum over positions is the sum of the patches
    const network = sequential([4, 5, 2], [conv2d({ filters: 1, window: [3, 2], stride: 2, bias: "separate" })]);
    const stream = random(1, "order"), x = randomTensor([1, 4, 5, 2], () => stream.normal());
    const loss = (outputs: tf.Tensor) => tf.sum(outputs);
    const problem = { model: network, output: { loss, discrepancy: kl } }, { params } = network.init(1);
    const batch = { inputs: { x }, targets: tf.scalar(0) };
    const { gradient, uses } = layerPass(problem, params, {}, batch, inference);
    const { A } = kroneckerFactors(weightMatrices(network)[0], uses.conv1, 1), side = A.shape[0];
    // A's last column is what the patches and the constant input give together
    const sums = [...tf.slice(A, [0, side - 1], [side - 1, 1]).dataSync()];
    assertClose(sums, [...gradient["conv1/kernel"].dataSync()]);
  });
});

Deno.test("a dense layer's factors, with a bias of its own, a homogeneous one and none", async () => {
  await chooseBackend("cpu");
  for (const bias of ["separate", "homogeneous", "none"] as const) {
    tf.tidy(() => {
      const model = sequential([3], [dense({ units: 2, bias })]), stream = random(1, "dense");
      const x = randomTensor([4, 3], () => stream.normal()), { params } = model.init(1);
      const problem = { model, output: softmax() };
      const batch = { inputs: { x }, targets: tf.tensor1d([0, 1, 1, 0], "int32") };
      const { uses, outputs } = layerPass(problem, params, {}, batch, inference);
      const [map] = weightMatrices(model), { A, B } = kroneckerFactors(map, uses.dense1, 4);
      const a = bias === "none" ? x : tf.concat([x, tf.ones([4, 1])], 1);
      const own = tf.sub(tf.softmax(outputs), tf.oneHot([0, 1, 1, 0], 2)) as tf.Tensor2D;
      assertEquals([A.shape[0], B.shape[0]], factorSides(map));
      assertClose([...A.dataSync()], [...tf.div(tf.matMul(a as tf.Tensor2D, a as tf.Tensor2D, true), 4).dataSync()]);
      assertClose([...B.dataSync()], [...tf.div(tf.matMul(own, own, true), 4).dataSync()]);
    });
  }
});

Deno.test("linear maps are found with their biases, and nothing else is", () => {
  const names = (model: Model) => weightMatrices(model).map(({ name, kernel, bias }) => [name, kernel, bias]);
  assertEquals(names(mlp([2, 3, 1], { bias: "homogeneous" })), [
    ["dense1", "dense1/kernel", undefined],
    ["dense2", "dense2/kernel", undefined],
  ]);
  assertEquals(names(normalizedNetwork()), [
    ["dense1", "dense1/kernel", "dense1/bias"],
    ["dense2", "dense2/kernel", "dense2/bias"],
    ["dense3", "dense3/kernel", "dense3/bias"],
  ]);
});

Deno.test("weights: rows of weight 0 are as if they were not there, and a weight of 2 is a row twice", () => {
  tf.tidy(() => {
    const stream = random(8, "weights"), model = mlp([2, 3]), [map] = weightMatrices(model);
    const rows = randomTensor([4, 2], () => stream.normal()), { params } = model.init(1);
    const factors = (order: number[], weights?: number[]) => {
      const x = tf.gather(rows, order), targets = tf.tensor1d(order.map((i) => i % 3), "int32");
      const batch = { inputs: { x }, targets, ...weights && { weights: tf.tensor1d(weights) } };
      const problem = { model, output: softmax() };
      const { uses } = layerPass(problem, params, {}, batch, inference);
      return kroneckerFactors(map, uses.dense1, order.length, batch.weights);
    };
    const weighted = factors([0, 1, 2, 3], [1, 0, 2, 0]), plain = factors([0, 2, 2]);
    assertClose([...weighted.A.dataSync()], [...plain.A.dataSync()], 1e-5);
    assertClose([...weighted.B.dataSync()], [...plain.B.dataSync()], 1e-5);
  });
});
