/** Second moments of patches, against sums over all windows in float64. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { windowsOver } from "../../models/windows.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { patchMoments, patchSum } from "../../runtime/patch_moments.ts";
import type { Windows } from "../../runtime/windows.ts";
import { random, randomTensor } from "../../runtime/random.ts";

/** Σ p and Σ p pᵀ, pixel by pixel. */
function naive(x: tf.Tensor4D, { window: [height, width], stride, margins, counts }: Windows) {
  const [batch, rows, columns, channels] = x.shape, values = x.dataSync(), n = height * width * channels;
  const sum = new Float64Array(n), moments = new Float64Array(n * n), patch = new Float64Array(n);
  for (let image = 0; image < batch; image++) {
    for (let window = 0; window < counts[0] * counts[1]; window++) {
      const top = Math.floor(window / counts[1]) * stride - margins[0][0],
        left = window % counts[1] * stride - margins[1][0];
      for (let k = 0; k < n; k++) {
        const place = Math.floor(k / channels), row = top + Math.floor(place / width), column = left + place % width;
        const inside = row >= 0 && row < rows && column >= 0 && column < columns;
        patch[k] = inside ? values[((image * rows + row) * columns + column) * channels + k % channels] : 0;
      }
      for (let a = 0; a < n; a++) {
        sum[a] += patch[a];
        for (let b = 0; b < n; b++) moments[a * n + b] += patch[a] * patch[b];
      }
    }
  }
  return { sum, moments };
}

const CASES = [ // image, window, stride, padding
  { image: [5, 7, 3], window: [3, 3], stride: 1, padding: 1 },
  { image: [6, 5, 2], window: [3, 3], stride: 1, padding: "valid" },
  { image: [6, 6, 1], window: [5, 5], stride: 1, padding: 2 },
  { image: [4, 5, 2], window: [2, 4], stride: 1, padding: "same" },
  { image: [3, 3, 4], window: [3, 3], stride: 1, padding: [[2, 0], [0, 3]] },
  { image: [2, 2, 3], window: [3, 3], stride: 1, padding: 1 },
  { image: [1, 1, 2], window: [3, 3], stride: 1, padding: 1 }, // fewer windows than overlap at every place
  { image: [3, 4, 5], window: [1, 1], stride: 1, padding: "valid" },
  { image: [6, 7, 2], window: [3, 3], stride: 2, padding: 1 },
] as const;

function compare(): void {
  for (const { image, window, stride, padding } of CASES) {
    const windows = windowsOver("test", image, { window, stride, padding });
    const stream = random(1, `${image}`), x = randomTensor([3, ...image], () => stream.normal() + 2) as tf.Tensor4D;
    const { sum, moments } = naive(x, windows), what = JSON.stringify({ image, window, stride, padding });
    tf.tidy(() => {
      patchSum(x, windows).dataSync().forEach((value, i) => assertAlmostEquals(value, sum[i], 1e-4, what));
      const ours = patchMoments(x, windows), values = ours.dataSync(), largest = Math.max(...moments);
      assertEquals(ours.shape, [sum.length, sum.length]);
      values.forEach((value, i) => assertAlmostEquals(value, moments[i], 1e-6 * largest, `${what} at ${i}`));
      for (let i = 0; i < sum.length; i++) {
        for (let j = 0; j < i; j++) assert(values[i * sum.length + j] === values[j * sum.length + i]);
      }
    });
    x.dispose();
  }
}

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`moments of patches: overlapping windows, margins, strides, single pixels (${backend})`, async () => {
    await chooseBackend(backend);
    compare();
  });
}
