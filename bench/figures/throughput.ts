/**
 * The figure of how near the kernels come to the machine's limits.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { adam } from "../../optimizers/directions/adam.ts";
import { kfacStructured } from "../../optimizers/parameterizations/kfac.ts";
import { bernoulliKl } from "../../proximal/bernoulli_kl.ts";
import { sigmoidCrossEntropy } from "../../proximal/cross_entropy.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { valueAndGradients } from "../../runtime/gradients.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import type { Figure, Row } from "../figure.ts";
import { type Contestant, interleaved, spread } from "../timing.ts";

/** Something that is computed again and again. */
interface Work {
  readonly unit: "GFLOP/s" | "GB/s";
  /** Floating-point operations or bytes, in billions. */
  readonly amount: number;
  run(): void;
}

const [ROWS, COLUMNS] = [784, 1000]; // the larger layer of the MLP that is compared with torch
const BATCH = 128, CEILING = 1024;
const MILLISECONDS = 30; // of a block, or more

/** Achieved throughput beside what the machine reached in its best case. */
export const figure: Figure = {
  description: "throughput of kernels (medians) beside a ceiling: the product of two large matrices, a copy of 64 MB",
  measure: async (quick) => {
    await chooseBackend("wasm", { threads: 1 });
    let work: Record<string, Work> = {};
    tf.tidy(() => {
      work = all();
      tensorsOf.forEach((tensor) => tf.keep(tensor));
    });
    const contestants = Object.fromEntries(Object.entries(work).map(([name, { run }]) => [name, repeated(run)]));
    const times = await interleaved(contestants, quick ? 5 : 25);
    tf.dispose(tensorsOf.splice(0));
    return Object.entries(work).map(([what, { unit, amount }]): Row => ({
      what,
      result: spread(times[what].map((milliseconds) => 1000 * amount / milliseconds)),
      unit,
      detail: `${spread(times[what]).median.toPrecision(3)} ms`,
    }));
  },
};

const tensorsOf: Tensor[] = [];
const matrix = (rows: number, columns: number): Tensor => {
  const tensor = tf.randomNormal([rows, columns], 0, 1, "float32", rows + columns);
  tensorsOf.push(tensor);
  return tensor;
};

/** As often as takes long enough to be timed. */
function repeated(run: () => void): Contestant {
  let repetitions = 1;
  return {
    block: () => {
      for (;;) {
        const begin = performance.now();
        for (let i = 0; i < repetitions; i++) tf.tidy(run);
        const time = performance.now() - begin;
        if (time >= MILLISECONDS) return Promise.resolve(time / repetitions);
        repetitions *= 2;
      }
    },
  };
}

function all(): Record<string, Work> {
  const large = matrix(CEILING, CEILING), source = new Float32Array(16e6), target = new Float32Array(16e6);
  const x = matrix(BATCH, ROWS), w = matrix(ROWS, COLUMNS), dy = matrix(BATCH, COLUMNS);
  const product = (run: () => void): Work => ({ unit: "GFLOP/s", amount: 2 * BATCH * ROWS * COLUMNS / 1e9, run });
  const passes = (count: number, run: () => void): Work => ({
    unit: "GB/s",
    amount: 4 * count * ROWS * COLUMNS / 1e9,
    run,
  });
  const multiply = (a: Tensor, b: Tensor, ...transposed: boolean[]) => () =>
    void tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, ...transposed);

  const direction = adam(), params: Tensors = { w };
  const state = direction.init(params);
  const gradient = { w: matrix(ROWS, COLUMNS) };
  const kept = direction.next(gradient, state, params, { step: 0, seed: 0 }).state;
  tensorsOf.push(kept.mean.w, kept.square.w, kept.meanCorrection, kept.squareCorrection);
  const outputs = matrix(512, ROWS), reference = matrix(512, ROWS), targets = tf.sigmoid(reference);
  const images = tf.reshape(matrix(32 * 32 * 32, 16), [32, 32, 32, 16]) as tf.Tensor4D;
  const filter = tf.reshape(matrix(9 * 16, 16), [3, 3, 16, 16]) as tf.Tensor4D;
  tensorsOf.push(targets, images, filter);
  const convolve = (x: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2d(x, w, 1, "same");
  const convolution = (run: () => void): Work => ({ unit: "GFLOP/s", amount: 2 * 32 * 1024 * 9 * 256 / 1e9, run });
  const attributes = { strides: 1, pad: "same", dataFormat: "NHWC" };
  const gradientOf = (kernel: string, inputs: tf.NamedTensorMap, more: Record<string, unknown>) =>
    convolution(() => void tf.engine().runKernel(kernel, inputs, { ...attributes, ...more } as tf.NamedAttrMap));

  const structured = kfacStructured({ blockSize: 64 });
  const phi = structured.init(params, { w: { shape: [ROWS, COLUMNS], role: "dense" } });
  tensorsOf.push(...Object.values(phi));
  return {
    [`ceiling: product of two ${CEILING} × ${CEILING}`]: {
      unit: "GFLOP/s",
      amount: 2 * CEILING ** 3 / 1e9,
      run: multiply(large, large),
    },
    "ceiling: copy of 64 MB": { unit: "GB/s", amount: 2 * 0.064, run: () => target.set(source) },
    [`x w, ${BATCH} × ${ROWS} × ${COLUMNS}`]: product(multiply(x, w)),
    "xᵀ dy, the gradient of w": product(multiply(x, dy, true)),
    "dy wᵀ, the gradient of x": product(multiply(dy, w, false, true)),
    "Adam's update of w (6 passes)": passes(6, () => void direction.next(gradient, kept, params, { step: 1, seed: 0 })),
    "sum of w (1 pass)": passes(1, () => void tf.sum(w)),
    "tanh of w (2 passes)": passes(2, () => void tf.tanh(w)),
    "bias gradient: sum over the batch (1 pass)": {
      unit: "GB/s",
      amount: 4 * BATCH * COLUMNS / 1e9,
      run: () => void tf.sum(dy, 0),
    },
    "P w by Kronecker factors, blocks of 64": {
      unit: "GFLOP/s",
      amount: 2 * 2 * 64 * ROWS * COLUMNS / 1e9 * 2,
      run: () => void structured.precondition(phi, params),
    },
    "∇_φ of it": {
      unit: "GFLOP/s",
      amount: 2 * 10 * 64 * ROWS * COLUMNS / 1e9,
      run: () => void structured.pullback!(phi, params, gradient),
    },
    [`loss of bits, 512 × ${ROWS}, and its gradient (4 passes)`]: {
      unit: "GB/s",
      amount: 4 * 4 * 512 * ROWS / 1e9,
      run: () =>
        void valueAndGradients((z) => ({ value: sigmoidCrossEntropy(z.outputs, targets), auxiliary: {} }), { outputs }),
    },
    "FSD of bits and its gradient (4 passes)": {
      unit: "GB/s",
      amount: 4 * 4 * 512 * ROWS / 1e9,
      run: () =>
        void valueAndGradients((z) => ({ value: bernoulliKl(z.outputs, reference), auxiliary: {} }), { outputs }),
    },
    "convolution, 32 × 32 × 32 × 16, 3 × 3, 16": convolution(() => void convolve(images, filter)),
    "its filter's gradient": gradientOf("Conv2DBackpropFilter", { x: images, dy: images }, {
      filterShape: filter.shape,
    }),
    "its input's gradient": gradientOf("Conv2DBackpropInput", { dy: images, filter }, { inputShape: images.shape }),
  };
}
