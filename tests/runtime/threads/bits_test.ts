/** The same bits for any number of threads: products, convolutions, training. */
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { convNet, fixedRate, mlp, type Model, momentum, softmax } from "../../../mod.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { random, randomTensor } from "../../../runtime/random.ts";
import { disposeTree, flatten } from "../../../runtime/tree.ts";
import { batchMatMul } from "../../../runtime/wasm/batch_mat_mul.ts";
import { convolution, filterGradient, inputGradient } from "../../../runtime/wasm/convolution.ts";
import { winogradPays } from "../../../runtime/wasm/winograd.ts";
import { type Call, call, sameBits } from "./same_bits.ts";

type Shape4 = [number, number, number, number];

Deno.test("threads: products of all shapes have the same bits, transposes and batches, too", () => {
  const shapes = [
    [[65, 33], [33, 41]],
    [[5, 700], [700, 9]],
    [[3, 300], [300, 520]],
    [[130, 257], [257, 1030]],
    [[9, 7, 20], [9, 20, 11]],
    [[2, 3, 30, 8], [3, 8, 30]],
    [[40, 4, 5], [40, 5, 6]],
    [[6, 30, 20], [20, 10]],
  ];
  const turned = (shape: number[]) => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
  sameBits(
    Object.fromEntries(
      shapes.flatMap(([a, b]) =>
        [[false, false], [true, false], [false, true], [true, true]].map(([transposeA, transposeB]) => [
          `${a.join("×")} by ${b.join("×")} ${transposeA} ${transposeB}`,
          call(
            [transposeA ? turned(a) : a, transposeB ? turned(b) : b],
            (context, [a, b]) => batchMatMul(context, a, b, transposeA, transposeB),
          ),
        ])
      ),
    ),
  );
});

/** Of an image, a filter and what is between windows. */
const convolutions = {
  "3×3 by Winograd": { x: [26, 13, 11, 8], filter: [3, 3, 8, 12], strides: 1 },
  "3×3 with few channels": { x: [7, 14, 14, 3], filter: [3, 3, 3, 8], strides: 1 },
  "5×5 with strides of 2": { x: [18, 17, 15, 5], filter: [5, 5, 5, 9], strides: 2 },
  "1×1": { x: [11, 10, 10, 16], filter: [1, 1, 16, 7], strides: 1 },
  "one image": { x: [1, 30, 30, 4], filter: [3, 3, 4, 4], strides: 1 },
} as const satisfies Record<string, { x: Shape4; filter: Shape4; strides: number }>;

Deno.test("threads: convolutions and their gradients have the same bits; a filter's gradient is summed in groups of images", () => {
  const calls: Record<string, Call> = {};
  for (const [name, { x, filter, strides }] of Object.entries(convolutions)) {
    const attributes = { strides, pad: "same", dataFormat: "NHWC", dilations: 1 } as const;
    const { outShape } = tf.backend_util.computeConv2DInfo([...x], [...filter], strides, 1, "same");
    const filterShape: Shape4 = [...filter], inputShape: Shape4 = [...x];
    calls[name] = call([inputShape, filterShape], (context, [x, filter]) => {
      return convolution(context, { x, filter }, attributes)!;
    });
    calls[`${name}, input`] = call([outShape, filterShape], (context, [dy, filter]) => {
      return inputGradient(context, { dy, filter }, { ...attributes, inputShape });
    });
    calls[`${name}, filter`] = call([inputShape, outShape], (context, [x, dy]) => {
      return filterGradient(context, { x, dy }, { ...attributes, filterShape });
    });
  }
  const { x, filter } = convolutions["3×3 by Winograd"];
  assert(winogradPays("filterGradient", tf.backend_util.computeConv2DInfo([...x], [...filter], 1, 1, "same")));
  sameBits(calls, (name) => name.endsWith("filter") && !name.startsWith("one image"));
});

/** Some steps of momentum with so many threads: every number of the carry. */
async function trained(model: Model, inputs: number, threads: number): Promise<Record<string, number[]>> {
  await chooseBackend("wasm", { blas: "off", threads });
  const optimizer = fixedRate({ problem: { model, output: softmax() }, direction: momentum(), learningRate: 0.05 });
  const stream = random(1, "threads"), x = randomTensor([64, inputs], () => stream.uniform());
  const targets = tf.tensor1d(Int32Array.from({ length: 64 }, (_, i) => i % 10), "int32");
  const batch = { inputs: { x }, targets };
  const { params, buffers } = model.init(0);
  let carry = optimizer.init(params, buffers);
  for (let step = 0; step < 4; step++) {
    const next = optimizer.step(carry, { batch, metaBatch: () => batch }, { step, seed: 0 });
    disposeTree(next.metrics);
    carry = next.carry;
  }
  const numbers = Object.fromEntries(
    Object.entries(flatten(carry)).map(([path, leaf]) => [path, [...leaf.dataSync()]]),
  );
  disposeTree(carry);
  tf.dispose([x, targets]);
  return numbers;
}

Deno.test("threads: training steps of an MLP and a convolutional network have the same bits", async () => {
  for (
    const { model, inputs } of [{ model: mlp([256, 200, 10]), inputs: 256 }, { model: convNet(16, 10), inputs: 256 }]
  ) {
    const expected = await trained(model, inputs, 1);
    assert(Object.values(expected).flat().every(Number.isFinite));
    for (const threads of [2, 3]) assertEquals(await trained(model, inputs, threads), expected);
  }
});
