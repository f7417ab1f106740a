/** Convolutions with a library's products: those of our own kernels up to rounding, and the same bits for any number of threads. */
import { assert, assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { random } from "../../../runtime/random.ts";
import type { WorkContext } from "../../../runtime/wasm/context.ts";
import { convolution, filterGradient, inputGradient } from "../../../runtime/wasm/convolution.ts";
import { free, type WasmBackend } from "../../../runtime/wasm/heap.ts";
import { libraryTakesPatches } from "../../../runtime/wasm/by_library/patches.ts";
import { winogradPays } from "../../../runtime/wasm/winograd.ts";
import { libraryPays } from "../../../runtime/wasm/by_library/winograd.ts";
import { onThreads } from "../threads/on_threads.ts";
import { blasTest } from "./blas_test_case.ts";

interface Case {
  readonly images: Shape;
  readonly filter: Shape;
  readonly stride?: number;
  readonly pad: number;
}

const cases: Readonly<Record<string, Case>> = {
  "many tiles, a part for each thread": { images: [40, 32, 32, 16], filter: [3, 3, 16, 16], pad: 1 },
  "tiles of odd sizes and channels": { images: [3, 7, 11, 13], filter: [3, 3, 13, 18], pad: 1 },
  "many tiles and odd channels": { images: [30, 30, 27, 9], filter: [3, 3, 9, 15], pad: 0 },
  "tiles with margins of two": { images: [2, 13, 6, 10], filter: [3, 3, 10, 18], pad: 2 },
  "few tiles of many channels": { images: [9, 9, 9, 300], filter: [3, 3, 300, 301], pad: 1 },
  "many tiles, and sums too large for groups": { images: [32, 16, 16, 700], filter: [3, 3, 700, 340], pad: 1 },
  "one image in tiles": { images: [1, 8, 8, 64], filter: [3, 3, 64, 64], pad: 1 },
  "many patches, a part for each thread": { images: [60, 15, 14, 9], filter: [5, 5, 9, 17], pad: 2 },
  "patches with strides": { images: [40, 17, 18, 16], filter: [3, 3, 16, 20], stride: 2, pad: 1 },
  "strides beyond the window": { images: [40, 17, 18, 70], filter: [1, 1, 70, 20], stride: 2, pad: 0 },
  "more patches than a job has room for": { images: [70, 40, 41, 16], filter: [5, 5, 16, 16], pad: 2 },
  "few patches of many channels": { images: [9, 2, 2, 300], filter: [3, 3, 300, 301], pad: 1 },
  "patches of which a few are left": { images: [41, 10, 5, 64], filter: [1, 1, 64, 16], pad: 0 },
  "one patch is left": { images: [2049, 1, 1, 64], filter: [1, 1, 64, 16], pad: 0 },
  "one image in patches": { images: [1, 9, 7, 20], filter: [2, 4, 20, 16], pad: 1 },
  "windows that see margins alone": { images: [30, 3, 3, 16], filter: [3, 3, 16, 16], stride: 3, pad: 2 },
};

type Shape = [number, number, number, number];

/** The convolution and both gradients. */
function computed(
  backend: WasmBackend,
  context: WorkContext,
  { images, filter, stride = 1, pad }: Case,
): Float32Array[] {
  const info = tf.backend_util.computeConv2DInfo(images, filter, stride, 1, pad), { outShape: outputs } = info;
  for (const name of ["convolution", "inputGradient", "filterGradient"] as const) {
    const takes = winogradPays(name, info) ? libraryPays(context, info) : libraryTakesPatches(name, context, info);
    assertEquals(takes, context.library !== undefined);
  }
  const { uniform } = random(1, "winograd");
  const [x, w, dy] = [images, filter, outputs].map((shape) => {
    const tensor = backend.makeOutput(shape, "float32");
    backend.typedArrayFromHeap(tensor).forEach((_, i, all) => all[i] = uniform() - 0.5);
    return tensor;
  });
  const attributes = { strides: stride, pad, dataFormat: "NHWC" } as const;
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
    `convolutions by a library, ${name}: as by kernels, with the same bits for any number of threads`,
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
