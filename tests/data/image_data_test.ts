import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  type Augmentation,
  chooseBackend,
  type Dataset,
  images,
  type LabelledImages,
  type Normalization,
  normalizationOf,
  random,
  UserError,
} from "../../mod.ts";
import { disposeBatch } from "../../data/dataset.ts";
import { fingerprint } from "../../data/fingerprint.ts";
import type { Tensor } from "../../runtime/tensor.ts";

await chooseBackend("cpu");

const draw = random(3, "pixels"), size = 40, height = 5, width = 4, channels = 3;
const pixels = Uint8Array.from({ length: size * height * width * channels }, () => draw.integer(256));
const labels = Array.from({ length: size }, (_, i) => i % 4);
const options: LabelledImages = { pixels, labels, height, width, channels };

function read(data: Dataset, indices: number[], chance?: ReturnType<typeof random>): number[][][][] {
  const batch = data.batch(indices, chance), x = (batch.inputs.x as tf.Tensor4D).arraySync();
  disposeBatch(batch);
  return x;
}

Deno.test("images: float32 [n, height, width, channels] with mean 0 and variance 1 in each channel, and int32 labels", () => {
  const data = images(options), all = Array.from({ length: size }, (_, i) => i), before = tf.memory().numTensors;
  const { inputs, targets } = data.batch(all), x = inputs.x as Tensor;
  assertEquals([x.shape, x.dtype, targets.dtype], [[size, height, width, channels], "float32", "int32"]);
  assertEquals(Array.from(targets.dataSync()), labels);
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  for (const value of mean.dataSync()) assertAlmostEquals(value, 0, 1e-6);
  for (const value of variance.dataSync()) assertAlmostEquals(value, 1, 1e-5);
  tf.dispose([inputs, targets, mean, variance]);
  assertEquals(tf.memory().numTensors, before);
  const given = images({ ...options, normalization: { mean: [0, 0.5, 1], deviation: [1, 0.5, 2] } });
  const [red, green, blue] = read(given, [7])[0][2][3], at = ((7 * height + 2) * width + 3) * channels;
  assertAlmostEquals(red, pixels[at] / 255, 1e-6);
  assertAlmostEquals(green, (pixels[at + 1] / 255 - 0.5) / 0.5, 1e-6);
  assertAlmostEquals(blue, (pixels[at + 2] / 255 - 1) / 2, 1e-6);
});

Deno.test("normalizationOf: known numbers; a channel that is always the same becomes 0", () => {
  const { mean, deviation } = normalizationOf({ pixels: new Uint8Array([0, 51, 255, 51]), channels: 2 });
  assertEquals(mean, [0.5, 0.2]);
  assertEquals(deviation, [0.5, 1]);
  const grey = images({ pixels: new Uint8Array(8).fill(51), labels: [0, 1], height: 2, width: 2, channels: 1 });
  assertEquals(read(grey, [0, 1]).flat(3), Array(8).fill(0));
});

/** Pads with zeros, cuts a part of the old size out at (top, left) of what that gives, and then turns its rows round. */
function naive(image: number[][][], pad: number, top: number, left: number, flipped: boolean): number[][][] {
  const zero = Array(channels).fill(0), wide = width + 2 * pad;
  const zeros = Array.from({ length: pad }, () => Array(wide).fill(zero));
  const beside = Array(pad).fill(zero);
  const padded = [...zeros, ...image.map((row) => [...beside, ...row, ...beside]), ...zeros];
  const cut = padded.slice(top, top + height).map((row) => row.slice(left, left + width));
  return flipped ? cut.map((row) => row.toReversed()) : cut;
}

Deno.test("images: crop and flip are those of a naive implementation with the same draws", () => {
  for (const pad of [0, 1, 3]) {
    for (const flip of [false, true]) {
      const data = images({ ...options, augmentation: { pad, flip } }),
        indices = [3, 3, 0, 39, ...Array(60).keys()].map((i) => i % size);
      const plain = read(data, indices), found = read(data, indices, random(5, "a")), same = random(5, "a");
      const expected = plain.map((image) => {
        const top = pad ? same.integer(2 * pad + 1) : 0, left = pad ? same.integer(2 * pad + 1) : 0;
        return naive(image, pad, top, left, flip && same.integer(2) === 1);
      });
      assertEquals(found, expected, `${pad} ${flip}`);
    }
  }
});

Deno.test("images: each crop and flip comes equally often", () => {
  const one = images({
    pixels: pixels.subarray(0, 60),
    labels: [0],
    height,
    width,
    channels,
    augmentation: { pad: 1, flip: true },
  });
  const [image] = read(one, [0]), times = 18 * 400, counts = new Map<string, number>();
  for (const changed of read(one, Array(times).fill(0), random(1, "often"))) {
    const key = JSON.stringify(changed);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const possible = [0, 1, 2].flatMap((top) =>
    [0, 1, 2].flatMap((left) => [true, false].map((flip) => JSON.stringify(naive(image, 1, top, left, flip))))
  );
  assertEquals(new Set(counts.keys()), new Set(possible));
  for (const count of counts.values()) assert(Math.abs(count - 400) < 5 * Math.sqrt(400), `${count} of ${times}`); // 5 deviations
});

Deno.test("images: without chance as they are; without augmentation chance is ignored; indices are checked", () => {
  const plain = images(options), changing = images({ ...options, augmentation: { pad: 2, flip: true } });
  const as = read(plain, [1, 2, 3]);
  assertEquals(read(changing, [1, 2, 3]), as);
  assertEquals(read(plain, [1, 2, 3], random(1, "b")), as);
  assertNotEquals(read(changing, [1, 2, 3], random(1, "b")), as);
  assertThrows(() => plain.batch([0, size]), UserError, "indices[1] is 40: there are 40 examples");
});

Deno.test("images: the fingerprint tells other pixels, labels, normalizations and augmentations", async () => {
  const others: LabelledImages[] = [
    options,
    { ...options, pixels: pixels.with(1000, 255 - pixels[1000]), normalization: normalizationOf(options) },
    { ...options, labels: labels.with(30, 0) },
    { ...options, normalization: { mean: [0, 0, 0], deviation: [1, 1, 1] } },
    { ...options, augmentation: { pad: 2 } },
    { ...options, augmentation: { pad: 2, flip: true } },
  ];
  const found = await Promise.all(others.map(async (one) => (await fingerprint({ train: images(one) })).sha256));
  assertEquals(new Set(found).size, others.length);
  const copy = images({ ...options, pixels: pixels.slice(), labels: Uint8Array.from(labels) });
  assertEquals((await fingerprint({ train: copy })).sha256, found[0]);
});

Deno.test("images: what does not fit is refused by name", () => {
  const cases: [Partial<LabelledImages>, string][] = [
    [{ labels: labels.slice(1) }, "there are 2400 pixels, but 39 labels, and images of 5 × 4 × 3; give 2340 pixels"],
    [{ height: 0 }, "height is 0; give a whole number from 1"],
    [{ channels: 1.5 }, "channels is 1.5; give a whole number from 1"],
    [{ labels: labels.with(2, -1) }, "images: labels[2] is -1; give whole numbers from 0"],
    [{ labels: labels.with(2, 0.5) }, "images: labels[2] is 0.5"],
    [{ labels: labels.with(2, 2 ** 31) }, "images: labels[2] is 2147483648; give whole numbers from 0"],
    [{ pixels: new Uint8Array(0), labels: [] }, "images: there are none"],
    [{ labels: undefined }, "images: there are no labels; give class numbers from 0, one for each image"],
    [{ labels: 5 as unknown as number[] }, "images: there are no labels"],
    [{ labels: [[0], [1]] as unknown as number[], pixels: pixels.slice(0, 120) }, "images: labels[0] is a list"],
    [{ pixels: undefined }, "images: pixels are no Uint8Array"],
    [{ pixels: Array.from(pixels) as unknown as Uint8Array }, "images: pixels are no Uint8Array"],
    [
      { augmentation: { pad: 4 } },
      "augmentation.pad is 4; give a whole number from 0, below the images' sides of 5 and 4",
    ],
    [{ augmentation: { pad: 0.5 } }, "augmentation.pad is 0.5"],
    [
      { augmentation: null as unknown as Augmentation },
      "augmentation is null; give an object, such as { pad: 4, flip: true }",
    ],
    [
      { augmentation: { flip: "no" as unknown as boolean } },
      'augmentation.flip is "no"; give true or false',
    ],
    [
      { normalization: {} as Normalization },
      "normalization.mean is undefined; give a finite number for each channel: 3",
    ],
    [
      { normalization: { mean: [0, 0, 0] } as unknown as Normalization },
      "normalization.deviation is undefined; give a positive number for each channel: 3",
    ],
    [
      { normalization: { mean: [0, 0], deviation: [1, 1, 1] } },
      "normalization.mean is [0,0]; give a finite number for each channel: 3",
    ],
    [{ normalization: { mean: [0, 0, NaN], deviation: [1, 1, 1] } }, "normalization.mean is [0,0,NaN]"],
    [
      { normalization: { mean: [0, 0, 0], deviation: [1, 0, 1] } },
      "normalization.deviation is [1,0,1]; give a positive number",
    ],
  ];
  for (const [wrong, message] of cases) assertThrows(() => images({ ...options, ...wrong }), UserError, message);
  assertThrows(() => images(undefined as unknown as LabelledImages), UserError, "options is undefined; give images({");
  assertThrows(() => images({} as LabelledImages), UserError, "height is undefined; give a whole number from 1");
});
