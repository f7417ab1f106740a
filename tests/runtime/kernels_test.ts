import { assert, assertEquals, assertGreater, assertLess, assertNotEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { type BackendName, chooseBackend } from "../../runtime/backend.ts";
import type { MendedKernel } from "../../runtime/mend.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { inexactOnWebgpu, type KernelCase, kernelCases } from "./kernel_cases.ts";
import { innerProduct } from "../../runtime/tree.ts";
import { throwRejection } from "../../runtime/webgpu/rejections.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

await import("@tensorflow/tfjs-backend-wasm");
/** Before anything is mended. */
const lacking = ["Conv2DBackpropFilter", "UnsortedSegmentSum"].filter((name) =>
  tf.getKernel(name, "wasm") === undefined
);

/** Without ties and of both signs. */
function fixed(shape: number[], phase: number): Tensor {
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.37 + phase) * 1.1), shape);
}

interface Answer {
  readonly shape: number[];
  readonly values: ArrayLike<number>;
}

async function read(tensor: Tensor): Promise<Answer> {
  const values = await tensor.data();
  tensor.dispose();
  return { shape: tensor.shape, values };
}

/** The value and, where there is one, the gradient for each input, on the current backend. */
async function answers({ shapes, f, gradient }: KernelCase): Promise<Answer[]> {
  const inputs = shapes.map((shape, index) => fixed(shape, index));
  const value = tf.tidy(() => f(...inputs));
  const weights = fixed(value.shape, 9);
  const weighted = (...xs: Tensor[]) => tf.sum(tf.mul(f(...xs), weights));
  const gradients = gradient === false ? [] : tf.grads(weighted as never)(inputs);
  const all = await Promise.all([value, ...gradients].map(read));
  tf.dispose([inputs, weights]);
  return all;
}

/** The largest difference, in units of the largest expected value. */
function relativeError(actual: Answer, expected: Answer): number {
  assertEquals(actual.shape, expected.shape);
  let difference = 0, largest = 1e-6;
  for (let i = 0; i < expected.values.length; i++) {
    if (Number.isNaN(expected.values[i])) assert(Number.isNaN(actual.values[i]), `element ${i} should be NaN`);
    else {
      difference = Math.max(difference, Math.abs(actual.values[i] - expected.values[i]));
      assert(!Number.isNaN(actual.values[i]), `element ${i} is NaN instead of ${expected.values[i]}`);
      largest = Math.max(largest, Math.abs(expected.values[i]));
    }
  }
  return difference / largest;
}

async function agreesWithCpu(test: KernelCase, name: BackendName): Promise<void> {
  await chooseBackend("cpu");
  const expected = await answers(test);
  await chooseBackend(name);
  const before = tf.memory();
  const actual = await answers(test);
  const after = tf.memory();
  assertEquals([after.numTensors, after.numDataBuffers], [before.numTensors, before.numDataBuffers], "leaked");
  assertEquals(actual.length, expected.length);
  actual.forEach((answer, index) => {
    const what = index === 0 ? "value" : `gradient for input ${index - 1}`;
    assertLess(relativeError(answer, expected[index]), 1e-5, `${test.name}: ${what}`);
  });
}

/** Runs `body` with tfjs's own kernel where ours stands. */
async function unmended<T>(kernelName: string, backendName: string, body: () => T | Promise<T>): Promise<T> {
  const mended = tf.getKernel(kernelName, backendName) as MendedKernel;
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel(mended.original!);
  const { device } = tf.backend() as unknown as { device?: GPUDevice };
  device?.pushErrorScope("validation"); // what the device rejects would otherwise end the process
  try {
    return await body();
  } finally {
    await device?.popErrorScope();
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel(mended);
  }
}

Deno.test("wasm agrees with cpu", async (t) => {
  for (const test of kernelCases) await t.step(test.name, () => agreesWithCpu(test, "wasm"));
});

webgpuTest("webgpu agrees with cpu", async (t) => {
  for (const test of kernelCases.filter(({ name }) => !inexactOnWebgpu.includes(name))) {
    await t.step(test.name, () => agreesWithCpu(test, "webgpu"));
  }
});

/** a b for each pair of matrices of the broadcast batch, in float64. */
function product(a: Tensor, b: Tensor, batch: number[]): number[] {
  const [rows, inner] = a.shape.slice(-2), columns = b.shape.at(-1)!;
  const count = tf.util.sizeFromShape(batch);
  const spread = (x: Tensor) => tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]).dataSync();
  const x = spread(a), y = spread(b), out: number[] = [];
  for (let n = 0; n < count; n++) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += x[(n * rows + r) * inner + k] * y[(n * inner + k) * columns + c];
        out.push(sum);
      }
    }
  }
  return out;
}

Deno.test("wasm: matMul of batches that broadcast against each other, and of nothing", async () => {
  await chooseBackend("wasm");
  const batches: [number[], number[]][] = [[[2, 1], [1, 3]], [[2, 1], [3]], [[3], [2, 1]], [[2, 3, 1], [1, 1, 4]], [
    [0],
    [0],
  ], [[0], []]];
  const sizes = [[3, 5, 4], [1, 1, 1], [0, 5, 4], [3, 0, 4], [3, 5, 0]];
  for (const [batchA, batchB] of batches) {
    for (const [rows, inner, columns] of sizes) {
      const a = fixed([...batchA, rows, inner], 1), b = fixed([...batchB, inner, columns], 2);
      const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
      const expected = { shape: [...batch, rows, columns], values: product(a, b, batch) };
      for (const [transposeA, transposeB] of [[false, false], [true, false], [false, true], [true, true]]) {
        const swap = (x: Tensor, swapped: boolean) => {
          const axes = x.shape.map((_, axis) => axis);
          return swapped && x.size > 0
            ? tf.transpose(x, [...axes.slice(0, -2), ...axes.slice(-2).reverse()])
            : swapped
            ? tf.reshape(x, [...x.shape.slice(0, -2), ...x.shape.slice(-2).reverse()])
            : x;
        };
        const actual = await read(
          tf.tidy(() => tf.matMul(swap(a, transposeA), swap(b, transposeB), transposeA, transposeB)),
        );
        assertLess(relativeError(actual, expected), 1e-6);
      }
      tf.dispose([a, b]);
    }
  }
});

/** Whether the current backend's product of the same numbers under two shapes is right both times. */
async function secondShapeError(): Promise<number> {
  const b = fixed([6, 4], 1), first = fixed([2, 6], 2), second = fixed([2, 4], 3);
  const again = tf.reshape(b, [4, 6]);
  await read(tf.matMul(first as tf.Tensor2D, b as tf.Tensor2D));
  const actual = await read(tf.matMul(second as tf.Tensor2D, again as tf.Tensor2D));
  const error = relativeError(actual, { shape: [2, 6], values: product(second, again, []) });
  tf.dispose([b, first, second, again]);
  return error;
}

Deno.test("wasm: one tensor multiplied under two shapes; tfjs reuses what it packed for the first", async () => {
  await chooseBackend("wasm");
  assertLess(await secondShapeError(), 1e-6);
  assertGreater(await unmended("BatchMatMul", "wasm", secondShapeError), 1e-2);
});

Deno.test("wasm: products and convolution gradients leave nothing on the heap", async () => {
  await chooseBackend("wasm");
  const heap = () => (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.length;
  const a = fixed([4, 200, 200], 1), x = fixed([4, 20, 20, 8], 1), filter = fixed([3, 3, 8, 16], 2);
  const step = () =>
    tf.tidy(() => {
      tf.matMul(a, a, true, true);
      tf.grads((y: tf.Tensor, f: tf.Tensor) => tf.sum(tf.conv2d(y as tf.Tensor4D, f as tf.Tensor4D, 1, "same")))([
        x,
        filter,
      ]);
    });
  for (let i = 0; i < 3; i++) step();
  const before = heap();
  for (let i = 0; i < 100; i++) step();
  assertEquals(heap(), before); // a leak of the packed matrices alone would be 60 MB
  tf.dispose([a, x, filter]);
});

Deno.test("wasm: tfjs lacks these kernels or computes them wrongly; drop ours when it has them", async () => {
  await chooseBackend("wasm");
  const ours = (name: string) => tf.getKernel(name, "wasm") as MendedKernel;
  for (const name of ["BatchMatMul", "_FusedMatMul", "Conv2DBackpropInput", "Log1p", "OneHot"]) {
    assert(ours(name).original !== undefined, name);
  }
  assertEquals(lacking, ["Conv2DBackpropFilter", "UnsortedSegmentSum"]);
  const x = tf.tensor1d([1e-6]);
  assertLess(relativeError(await read(tf.log1p(x)), { shape: [1], values: [Math.log1p(1e-6)] }), 1e-6);
  const theirs = await unmended("Log1p", "wasm", () => read(tf.log1p(x)));
  assertGreater(relativeError(theirs, { shape: [1], values: [Math.log1p(1e-6)] }), 1e-3);
  x.dispose();
  const smoothed = () => {
    const labels = tf.tensor1d([1, 0], "int32"), rows = tf.oneHot(labels, 2, 0.9, 0.1, "float32");
    labels.dispose();
    return read(rows);
  };
  const rows = { shape: [2, 2], values: [0.1, 0.9, 0.9, 0.1] };
  assertLess(relativeError(await smoothed(), rows), 1e-6);
  assertGreater(relativeError(await unmended("OneHot", "wasm", smoothed), rows), 0.1);
});

Deno.test("wasm: integer products are refused, as tfjs does", async () => {
  await chooseBackend("wasm");
  const a = tf.ones([2, 2], "int32") as tf.Tensor2D;
  assertThrows(() => tf.matMul(a, a), Error, "float32");
  a.dispose();
});

Deno.test("wasm: choosing the same again changes nothing; another build replaces our kernels, and still knows tfjs's", async () => {
  const names = ["BatchMatMul", "UnsortedSegmentSum"], blas = "off";
  const choose = async (strict: boolean) => {
    await chooseBackend("wasm", { blas, strict });
    return names.map((name) => tf.getKernel(name, "wasm") as MendedKernel);
  };
  const once = await choose(true);
  await chooseBackend("cpu");
  const again = await choose(true), others = await choose(false);
  once.forEach((kernel, i) => {
    assert(again[i] === kernel);
    assert(others[i].kernelFunc !== kernel.kernelFunc);
    assert(others[i].original === kernel.original);
  });
});

/** The error of a bᵀ, whose sum WebGPU splits. */
async function splitSumError(inner: number, isFused: boolean, transposeA: boolean): Promise<number> {
  const a = fixed(transposeA ? [inner, 24] : [24, inner], 1) as tf.Tensor2D, b = fixed([16, inner], 2) as tf.Tensor2D;
  const actual = await read(
    isFused
      ? tf.fused.matMul({ a, b, transposeA, transposeB: true, activation: "relu" })
      : tf.matMul(a, b, transposeA, true),
  );
  const [x, y] = await Promise.all([a.data(), b.data()]);
  const expected = Array.from({ length: 24 * 16 }, (_, i) => {
    const row = Math.floor(i / 16), column = i % 16;
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += x[transposeA ? k * 24 + row : row * inner + k] * y[column * inner + k];
    return isFused ? Math.max(0, sum) : sum;
  });
  tf.dispose([a, b]);
  return relativeError(actual, { shape: [24, 16], values: expected });
}

webgpuTest("webgpu: matMul with a transposed b and a long inner sum; tfjs's is wrong", async () => {
  for (const inner of [1996, 2000, 2001, 2048, 4096]) {
    for (const transposeA of [false, true]) {
      for (const isFused of [false, true]) {
        assertLess(await splitSumError(inner, isFused, transposeA), 1e-4, `${inner} ${transposeA} ${isFused}`);
      }
    }
  }
  assertGreater(await unmended("BatchMatMul", "webgpu", () => splitSumError(2048, false, false)), 0.1);
  assertGreater(await unmended("BatchMatMul", "webgpu", () => splitSumError(2000, false, true)), 0.1);
  assertGreater(await unmended("_FusedMatMul", "webgpu", () => splitSumError(2048, true, false)), 0.1);
});

webgpuTest("webgpu: pad of rank 5 and the gradient of a rank 5 slice; tfjs's are wrong", async () => {
  const wrong = kernelCases.filter(({ name }) => name === "pad rank 5" || name === "slice rank 5");
  assertEquals(wrong.length, 2);
  for (const test of wrong) {
    await chooseBackend("cpu");
    const expected = await answers(test);
    await chooseBackend("webgpu");
    const errors = await unmended("PadV2", "webgpu", async () => {
      const theirs = await answers(test).catch(() => undefined);
      return theirs?.map((answer, index) => relativeError(answer, expected[index])) ?? [Infinity];
    });
    assertGreater(Math.max(...errors), 0.1, test.name);
  }
});

webgpuTest("webgpu: a sum of more tensors than a shader binds; tfjs's is wrong", async () => {
  await chooseBackend("webgpu");
  const sum = (first: number) => read(tf.addN(Array.from({ length: 8 }, (_, i) => tf.scalar(first + i))));
  assertEquals((await sum(1)).values[0], 36);
  // other numbers: the result that was never computed may lie in the memory of the last one
  assertNotEquals((await unmended("AddN", "webgpu", () => sum(2))).values[0], 44);
});

webgpuTest(
  "webgpu: integers and booleans that become floats are floats for every program; tfjs leaves the bits of integers",
  async () => {
    await chooseBackend("webgpu");
    const numbers = [3, -2, 7];
    const product = () =>
      tf.tidy(() => {
        const integers = tf.cast(tf.tensor1d(numbers, "int32"), "float32");
        const truths = tf.cast(tf.greater(tf.tensor1d(numbers), 0), "float32");
        return [innerProduct({ x: integers }, { x: truths }), integers, truths];
      });
    const values = await Promise.all(product().map(read));
    assertEquals(values.map((answer) => Array.from(answer.values)), [[10], numbers, [1, 0, 1]]);
    const [theirs] = await unmended("Cast", "webgpu", async () => await Promise.all(product().map(read)));
    assertNotEquals(theirs.values[0], 10);
  },
);

webgpuTest("webgpu: what the device rejects is reported, once", async () => {
  await chooseBackend("webgpu");
  const { device } = tf.backend() as unknown as { device: GPUDevice };
  throwRejection(); // nothing so far
  device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE }); // not allowed together
  await new Promise((resolve) => setTimeout(resolve, 50)); // the event comes later
  assertThrows(throwRejection, Error, "WebGPU rejected an operation");
  throwRejection();
});
