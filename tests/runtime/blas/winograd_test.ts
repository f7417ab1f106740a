/** Winograd's convolutions with a library's products: those of our own kernels up to rounding, and the same bits for any number of threads. */
import { assert, assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { random } from "../../../runtime/random.ts";
import type { WorkContext } from "../../../runtime/wasm/context.ts";
import { convolution, filterGradient, inputGradient } from "../../../runtime/wasm/convolution.ts";
import { free, type WasmBackend } from "../../../runtime/wasm/heap.ts";
import { winogradPays } from "../../../runtime/wasm/winograd.ts";
import { libraryPays } from "../../../runtime/wasm/winograd_by_library.ts";
import { onThreads } from "../threads/on_threads.ts";
import { blasTest } from "./blas_test_case.ts";

/** Batch, height, width, channels, output channels, padding. */
const cases = {
  "many tiles, a part for each thread": [40, 32, 32, 16, 16, 1],
  "odd sizes and channels": [3, 7, 11, 13, 18, 1],
  "many tiles and odd channels": [30, 30, 27, 9, 15, 0],
  "margins of two": [2, 13, 6, 10, 18, 2],
  "few tiles of many channels": [9, 9, 9, 300, 301, 1],
  "many tiles, and sums too large for groups": [32, 16, 16, 700, 340, 1],
  "one image": [1, 8, 8, 64, 64, 1],
} as const;

type Shape = [number, number, number, number];

/** The convolution and both gradients. */
function computed(
  backend: WasmBackend,
  context: WorkContext,
  [batch, height, width, channels, out, pad]: readonly number[],
): Float32Array[] {
  const images: Shape = [batch, height, width, channels], filter: Shape = [3, 3, channels, out];
  const outputs: Shape = [batch, height + 2 * pad - 2, width + 2 * pad - 2, out];
  const info = tf.backend_util.computeConv2DInfo(images, filter, 1, 1, pad);
  for (const name of ["convolution", "inputGradient", "filterGradient"] as const) assert(winogradPays(name, info));
  assertEquals(libraryPays(context, info), context.library !== undefined);
  const { uniform } = random(1, "winograd");
  const [x, w, dy] = [images, filter, outputs].map((shape) => {
    const tensor = backend.makeOutput(shape, "float32");
    backend.typedArrayFromHeap(tensor).forEach((_, i, all) => all[i] = uniform() - 0.5);
    return tensor;
  });
  const attributes = { strides: 1, pad, dataFormat: "NHWC" } as const;
  const results = [
    convolution(context, { x, filter: w }, { ...attributes, dilations: 1 })!,
    inputGradient(context, { dy, filter: w }, { ...attributes, inputShape: images }),
    filterGradient(context, { x, dy }, { ...attributes, filterShape: filter }),
  ];
  const numbers = results.map((result) => Float32Array.from(backend.typedArrayFromHeap(result)));
  free(backend, x, w, dy, ...results);
  return numbers;
}

for (const [name, sizes] of Object.entries(cases)) {
  blasTest(
    `Winograd's convolutions by a library, ${name}: as by kernels, with the same bits for any number of threads`,
    (library) => {
      const backend = tf.backend() as unknown as WasmBackend;
      const right = onThreads(backend, false, { threads: 1 }, (context) => computed(backend, context, sizes));
      const found = onThreads(backend, false, { threads: 1, library }, (context) => computed(backend, context, sizes));
      found.forEach((numbers, i) => {
        const largest = right[i].reduce((most, y) => Math.max(most, Math.abs(y)), 0);
        const off = numbers.reduce((most, y, j) => Math.max(most, Math.abs(y - right[i][j]) || 0), 0);
        assert(numbers.every(Number.isFinite));
        assertLess(off / largest, 1e-5, `${i}`);
      });
      for (const threads of [2, 3]) {
        onThreads(backend, false, { threads, library }, (context) => {
          computed(backend, context, sizes).forEach((numbers, i) =>
            assert(sameBits(numbers, found[i]), `${threads}: ${i}`)
          );
        });
      }
    },
  );
}

const sameBits = (a: Float32Array, b: Float32Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);
