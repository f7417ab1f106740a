/** Convolutions by Winograd's F(4×4, 3×3) on wasm against sums in float64. */
import { assert, assertEquals, assertFalse, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import { winogradPays } from "../../runtime/wasm/winograd.ts";

interface Sizes {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly pad: number;
}

/** Batch, height, width, channels, output channels, padding: odd sizes; parts of tiles, of vectors, of panels; a width of 1. */
const sizes: readonly Sizes[] = [
  [1, 8, 8, 8, 8, 1],
  [3, 7, 11, 5, 7, 1],
  [1, 4, 4, 12, 4, 1],
  [2, 13, 6, 10, 18, 2],
  [2, 10, 17, 6, 9, 0],
  [1, 5, 7, 4, 4, 3],
  [9, 32, 32, 16, 16, 1], // more tiles than are worked on at a time
  [2, 8, 8, 256, 40, 1],
].map(([batch, height, width, channels, outChannels, pad]) => ({ batch, height, width, channels, outChannels, pad }));

/** Numbers that look like a normal distribution's, with a mean. */
function noise(count: number, seed: number, mean = 0): Float32Array {
  let state = seed + 1;
  const uniform = () => ((state = Math.imul(state, 1664525) + 1013904223 >>> 0) + 0.5) / 2 ** 32;
  return Float32Array.from(
    { length: count },
    () => mean + Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

interface Data {
  readonly x: Float32Array;
  readonly filter: Float32Array;
  readonly dy: Float32Array;
}

function shapesOf({ batch, height, width, channels, outChannels, pad }: Sizes) {
  const images: Shape = [batch, height, width, channels], filter: Shape = [3, 3, channels, outChannels];
  return { images, filter, outputs: [batch, height + 2 * pad - 2, width + 2 * pad - 2, outChannels] as Shape };
}
type Shape = [number, number, number, number];

function dataFor(sizes: Sizes, mean = 0): Data {
  const { images, filter, outputs } = shapesOf(sizes), count = tf.util.sizeFromShape;
  return { x: noise(count(images), 0, mean), filter: noise(count(filter), 1), dy: noise(count(outputs), 2) };
}

/** The convolution and the gradients of its input and filter, on the current backend. */
function computed(sizes: Sizes, { x, filter, dy }: Data): Float32Array[] {
  const shapes = shapesOf(sizes);
  return tf.tidy(() => {
    const convolve = (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, sizes.pad);
    const both = [tf.tensor(x, shapes.images), tf.tensor(filter, shapes.filter)] as const;
    const gradients = tf.grads((x, w) => tf.sum(tf.mul(tf.tensor(dy, shapes.outputs), convolve(x, w))))([...both]);
    return [convolve(...both), ...gradients].map((tensor) => tensor.dataSync().slice() as Float32Array);
  });
}

/** The same by their definitions, in float64. */
function summed(sizes: Sizes, { x, filter, dy }: Data): Float64Array[] {
  const { batch, height, width, channels, outChannels, pad } = sizes, [, rows, columns] = shapesOf(sizes).outputs;
  const y = new Float64Array(dy.length), dx = new Float64Array(x.length), dw = new Float64Array(filter.length);
  for (let position = 0; position < batch * rows * columns; position++) {
    const column = position % columns, row = Math.floor(position / columns) % rows;
    const image = Math.floor(position / columns / rows);
    for (let k = 0; k < 9; k++) {
      const line = row + Math.floor(k / 3) - pad, place = column + k % 3 - pad;
      if (line < 0 || line >= height || place < 0 || place >= width) continue;
      for (let c = 0; c < channels; c++) {
        const from = ((image * height + line) * width + place) * channels + c;
        for (let o = 0; o < outChannels; o++) {
          const to = position * outChannels + o, weight = (k * channels + c) * outChannels + o;
          y[to] += x[from] * filter[weight];
          dx[from] += dy[to] * filter[weight];
          dw[weight] += x[from] * dy[to];
        }
      }
    }
  }
  return [y, dx, dw];
}

/** The largest difference in units of the largest number. */
function error(actual: Float32Array, expected: Float64Array): number {
  let largest = 0, difference = 0;
  expected.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value));
    difference = Math.max(difference, Math.abs(actual[i] - value));
    assert(Number.isFinite(actual[i]));
  });
  return difference / largest;
}

const described = (sizes: Sizes) =>
  tf.backend_util.computeConv2DInfo(shapesOf(sizes).images, shapesOf(sizes).filter, 1, 1, sizes.pad);

for (const strict of [false, true]) {
  Deno.test(`convolutions by Winograd are sums of products, gradients too${strict ? ", strict" : ""}`, async () => {
    await chooseBackend("wasm", { strict });
    for (const size of sizes) {
      assert(winogradPays("convolution", described(size)) || winogradPays("inputGradient", described(size)));
      for (const mean of [0, 10]) {
        const data = dataFor(size, mean), expected = summed(size, data);
        computed(size, data).forEach((values, i) => assertLess(error(values, expected[i]), 4e-6));
      }
    }
  });
}

Deno.test("Winograd is for filters 3 × 3, some channels and outputs that fill their tiles", () => {
  const size = { batch: 1, height: 8, width: 8, channels: 8, outChannels: 8, pad: 1 };
  assert(winogradPays("convolution", described(size)));
  assertFalse(winogradPays("convolution", described({ ...size, channels: 3 })));
  assertFalse(winogradPays("convolution", described({ ...size, height: 5, width: 5 })));
  const strided = tf.backend_util.computeConv2DInfo([1, 8, 8, 8], [3, 3, 8, 8], 2, 1, 1);
  assertFalse(winogradPays("convolution", strided));
});

Deno.test("convolutions by Winograd: an image's outputs depend neither on the batch nor on the place in it", async () => {
  await chooseBackend("wasm");
  for (const size of [sizes[1], { ...sizes[6], batch: 3 }]) {
    const data = dataFor(size), all = computed(size, data), again = computed(size, data);
    assertEquals(again, all);
    for (let image = 0; image < size.batch; image++) {
      const part = <T extends Float32Array>(values: T) =>
        values.slice(image * values.length / size.batch, (image + 1) * values.length / size.batch);
      const alone = computed({ ...size, batch: 1 }, { x: part(data.x), filter: data.filter, dy: part(data.dy) });
      assertEquals(alone[0], part(all[0]));
      assertEquals(alone[1], part(all[1]));
    }
  }
});

Deno.test("convolutions by Winograd: what is not finite stays in the tiles that see it", async () => {
  await chooseBackend("wasm");
  const size = { batch: 3, height: 12, width: 12, channels: 8, outChannels: 8, pad: 1 }, data = dataFor(size);
  const [before, gradientBefore] = computed(size, data);
  for (const bad of [NaN, Infinity]) {
    const x = data.x.slice(), dy = data.dy.slice(), at = ((12 + 5) * 12 + 6) * 8 + 3; // line 5, column 6 of image 1
    x[at] = bad;
    dy[at] = bad;
    const [after, gradient] = computed(size, { ...data, x, dy });
    let wrong = 0;
    before.forEach((_, i) => {
      const position = Math.floor(i / 8), image = Math.floor(position / 144), line = Math.floor(position / 12) % 12;
      const isNear = image === 1 && line >= 4 && line < 8 && position % 12 >= 4 && position % 12 < 8;
      if (!isNear) assertEquals([after[i], gradient[i]], [before[i], gradientBefore[i]]);
      if (!Number.isFinite(after[i])) wrong++;
    });
    assert(wrong >= 9 * 8, "the neighbours are not finite, as a sum would not be");
  }
});
