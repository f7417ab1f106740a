/** The same bits for any number of threads. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { convNet, fixedRate, mlp, type Model, momentum, softmax } from "../../../mod.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { program } from "../../../runtime/elementwise/program.ts";
import { random, randomTensor } from "../../../runtime/random.ts";
import { disposeTree, flatten } from "../../../runtime/tree.ts";
import { addRow } from "../../../runtime/wasm/add_row.ts";
import { atLeast } from "../../../runtime/wasm/at_least.ts";
import { averagePoolGradient } from "../../../runtime/wasm/average_pool.ts";
import { batchNorm, batchNormGradient } from "../../../runtime/wasm/batch_norm.ts";
import { batchMatMul } from "../../../runtime/wasm/batch_mat_mul.ts";
import type { WorkContext } from "../../../runtime/wasm/context.ts";
import { convolution, filterGradient, inputGradient, maxPoolGradient } from "../../../runtime/wasm/convolution.ts";
import { dense, denseGradient } from "../../../runtime/wasm/dense_layer.ts";
import { elementwise } from "../../../runtime/wasm/elementwise.ts";
import { free, type WasmBackend } from "../../../runtime/wasm/heap.ts";
import { kronecker } from "../../../runtime/wasm/kronecker.ts";
import { layerNorm } from "../../../runtime/wasm/layer_norm.ts";
import { map } from "../../../runtime/wasm/maps.ts";
import { rowLoss } from "../../../runtime/wasm/row_loss.ts";
import { sum } from "../../../runtime/wasm/sum.ts";
import { winogradPays } from "../../../runtime/wasm/winograd.ts";
import { onThreads } from "./on_threads.ts";

await chooseBackend("wasm", { blas: "off", threads: 1 });
const backend = tf.backend() as unknown as WasmBackend;

type Shape4 = [number, number, number, number];
type Call = (context: WorkContext) => Float32Array[];

/** Calls kernels on tensors of these shapes, and gives the numbers of the results. */
const call = (
  shapes: readonly number[][],
  run: (context: WorkContext, inputs: tf.TensorInfo[]) => tf.TensorInfo | tf.TensorInfo[],
): Call =>
(context) => {
  const inputs = shapes.map((shape, phase) => {
    const x = backend.makeOutput(shape, "float32");
    backend.typedArrayFromHeap(x).set(
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i * 1.37 + phase)),
    );
    return x;
  });
  const results = [run(context, inputs)].flat();
  const numbers = results.map((x) => Float32Array.from(backend.typedArrayFromHeap(x)));
  free(backend, ...inputs, ...results);
  return numbers;
};

/** Work is large from so little on that each call below falls into several tasks; and as if none ever were. */
const SMALL = 2000, NEVER = Infinity;

/** Asserts the same bits for 1, 2 and 3 threads, strict or not, and those of before there were threads unless sums fall into groups. */
function sameBits(calls: Readonly<Record<string, Call>>, inGroups: (name: string) => boolean = () => false): void {
  const names = Object.keys(calls);
  for (const strict of [false, true]) {
    const results = (threads: number, large: number) =>
      onThreads(backend, strict, { threads, large }, (context) => names.map((name) => calls[name](context)));
    const before = results(1, NEVER), expected = results(1, SMALL);
    names.forEach((name, i) => {
      assert(expected[i].every((x) => x.every(Number.isFinite)), name);
      (inGroups(name) ? assertNotEquals : assertEquals)(expected[i], before[i], name);
    });
    for (const threads of [2, 3]) {
      results(threads, SMALL).forEach((result, i) => assertEquals(result, expected[i], `${names[i]}, ${threads}`));
    }
  }
}

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

Deno.test("threads: passes over all numbers have the same bits", () => {
  const formula = program(({ x, y, rate }) => {
    const next = x.mul(rate).add(y);
    return { next, other: next.div(y.mul(y).add(1).sqrt()) };
  });
  const attributes = { program: formula, shared: ["rate"], count: 1 };
  const variances = backend.makeOutput([67], "float32"); // positive, as a wave is not
  backend.typedArrayFromHeap(variances).forEach((_, i, all) => all[i] = 1 + i % 7);
  sameBits({
    "a formula": call(
      [[1003], [1003], []],
      (context, [x, y, rate]) => elementwise(context, { "x.0": x, "y.0": y, rate }, attributes),
    ),
    "a rounded formula": call([[1003], [1003], []], (context, [x, y, rate]) => {
      return elementwise(context, { "x.0": x, "y.0": y, rate }, {
        ...attributes,
        format: { name: "bf16", exponent: 8, mantissa: 7 },
      });
    }),
    "exp": call([[17, 61]], (context, [x]) => map(context, "Exp", x)),
    "a row": call([[37, 5, 11], [5, 11]], (context, [a, b]) => addRow(context, { a, b })!),
    "dense": call([[37, 20], [20, 45], [45]], (context, [x, kernel, bias]) => {
      return dense(context, { x, kernel, bias }, { activation: "tanh" });
    }),
    "dense, back": call(
      [[37, 45], [37, 45]],
      (context, [dy, y]) => denseGradient(context, { dy, y }, { activation: "relu" }),
    ),
    "average pooling, back": call([[5, 4, 4, 6], [5, 8, 8, 6]], (context, [dy, input]) => {
      return averagePoolGradient(context, { dy, input }, { filterSize: 2, strides: 2, pad: "valid" });
    }),
    "comparison": call([[1003], [1]], (context, [a, b]) => atLeast(context, { a, b })!),
    "sums of rows": call([[37, 41]], (context, [x]) => sum(context, { x }, { axis: 1, keepDims: false })!),
    "sums of columns": call([[37, 71]], (context, [x]) => sum(context, { x }, { axis: 0, keepDims: false })!),
    "sums between": call([[7, 13, 11]], (context, [x]) => sum(context, { x }, { axis: 1, keepDims: false })!),
    "layer norm": call([[37, 21], [21], [21]], (context, [x, scale, shift]) => {
      return layerNorm(context, { x, scale, shift }, { epsilon: 1e-5 });
    }),
    "loss": call([[37, 21], [37, 21]], (context, [outputs, reference]) => {
      return rowLoss(context, { outputs, reference }, { loss: "softmaxDivergence", rank: 1 });
    }),
    "P G": call([[45, 37], [45, 37], [3, 20, 20], [2, 24, 24]], (context, [g, scale, a, b]) => {
      return kronecker(context, { g, scale, a, b });
    }),
    "P G without A": call(
      [[200, 37], [200, 37], [2, 24, 24]],
      (context, [g, scale, b]) => kronecker(context, { g, scale, b }),
    ),
    "batch norm": call([[75, 67], [67], [67]], (context, [x, scale, shift]) => {
      return batchNorm(context, { x, scale, shift }, { epsilon: 1e-3, relu: true, added: false });
    }),
    "batch norm with an addend, back": call(
      [[75, 67], [75, 67], [75, 67], [67], [67], [67], [67]],
      (context, [dy, x, y, scale, mean, dMean, dVariance]) => {
        const inputs = { dy, x, y, scale, mean, variance: variances, dMean, dVariance };
        return batchNormGradient(context, inputs, { epsilon: 1e-3, relu: true, added: true });
      },
    ),
    "batch norm, back": call(
      [[75, 67], [75, 67], [67], [67], [67], [67]],
      (context, [dy, x, scale, mean, dMean, dVariance]) => {
        const inputs = { dy, x, scale, mean, variance: variances, dMean, dVariance };
        return batchNormGradient(context, inputs, { epsilon: 1e-3, relu: false, added: false });
      },
    ),
    "max pooling, back": call([[5, 4, 4, 6], [5, 8, 8, 6]], (context, [dy, input]) => {
      return maxPoolGradient(context, { dy, input }, { filterSize: 2, strides: 2, pad: "valid" });
    }),
  });
});

Deno.test("threads: a formula's results are known to be finite only where all threads have found them so", () => {
  const formula = program(({ x }) => ({ y: x.mul(2) })), attributes = { program: formula, shared: [], count: 1 };
  onThreads(backend, true, { threads: 3, large: SMALL }, (context) => {
    for (const [bad, known] of [[0, true], [NaN, false], [Infinity, false]] as const) {
      for (const place of [0, 500, 999]) {
        const x = backend.makeOutput([1000], "float32");
        backend.typedArrayFromHeap(x).fill(1).fill(bad, place, place + 1);
        const [y] = elementwise(context, { "x.0": x }, attributes);
        assertEquals(context.finite.has(y.dataId), known, `${bad} at ${place}`);
        free(backend, x, y);
      }
    }
  });
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
