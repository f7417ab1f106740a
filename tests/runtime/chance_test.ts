/** Random numbers of the device: the generator against its authors' answers, backends against the generator, and statistics. */
import { assert, assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import { type Chance, drawsOf, normal, signs, stepTensor, uniform } from "../../runtime/chance.ts";
import { UserError } from "../../runtime/errors.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { hash, keyOf, threefry2x32, type Words } from "../../runtime/threefry.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

await chooseBackend("cpu");

const at = (seed: number, step: number): Chance => ({ seed, step: stepTensor(step) });

/** The numbers of a tensor that is thrown away. */
async function read(make: () => Tensor): Promise<number[]> {
  const tensor = tf.tidy(make), values = Array.from(await tensor.data());
  tensor.dispose();
  return values;
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** Pearson's. */
function correlation(x: readonly number[], y: readonly number[]): number {
  const [mx, my] = [mean(x), mean(y)], covariance = mean(x.map((value, i) => (value - mx) * (y[i] - my)));
  return covariance / Math.sqrt(mean(x.map((v) => (v - mx) ** 2)) * mean(y.map((v) => (v - my) ** 2)));
}

Deno.test("threefry2x32: the answers of Random123, 20 rounds", () => {
  const answers: [counter: Words, key: Words, words: Words][] = [
    [[0, 0], [0, 0], [0x6b200159, 0x99ba4efe]],
    [[0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], [0x1cb996fc, 0xbb002be7]],
    [[0x243f6a88, 0x85a308d3], [0x13198a2e, 0x03707344], [0xc4923a9c, 0x483df7a0]],
  ];
  for (const [counter, key, words] of answers) assertEquals(threefry2x32(key, counter), words);
});

Deno.test("hash: the published values of FNV-1a with 64 bits; any text has one", () => {
  assertEquals(hash(""), [0xcbf29ce4, 0x84222325]);
  assertEquals(hash("a"), [0xaf63dc4c, 0x8601ec8c]);
  assertEquals(hash("foobar"), [0x85944171, 0xf73967e8]);
  const texts = ["", "ä", "a\u0308", "ж", "漢字", "🎲", "\ud83c", "\udfb2", "\0", "\0\0", "dropout1", "dropout2"];
  assertEquals(new Set(texts.map((text) => `${keyOf(1, text)}`)).size, texts.length);
});

/** Element i is word i mod 2 of the counter (⌊i/2⌋, step). */
function wordsOf(seed: number, step: number, name: string, size: number): number[] {
  return Array.from({ length: size }, (_, i) => threefry2x32(keyOf(seed, name), [i >> 1, step])[i % 2]);
}

/** Shapes on both sides of the eight numbers that wasm makes at once, and of a workgroup's 128. */
const SHAPES = [[], [0], [3, 0, 2], [1], [2], [1, 1, 1], [7], [8], [9], [3, 5], [127], [129], [2, 3, 4, 5, 6], [1001]];

async function assertBits(): Promise<void> {
  for (const shape of SHAPES) {
    for (const [seed, step] of [[0, 0], [7, 3], [-1.5, 2 ** 24 + 1], [2 ** 53 - 1, 2 ** 31 - 1]]) {
      const size = tf.util.sizeFromShape(shape), name = "🎲 ж";
      const made = tf.tidy(() => [uniform(at(seed, step), name, shape), signs(at(seed, step), name, shape)]);
      assertEquals(made.map((x) => [x.shape, x.dtype]), [[shape, "float32"], [shape, "float32"]]);
      const words = (kind: string) => wordsOf(seed, step, `${kind}/${name}`, size);
      assertEquals(Array.from(await made[0].data()), words("uniform").map((word) => (word >>> 8) / 2 ** 24));
      assertEquals(Array.from(await made[1].data()), words("signs").map((word) => word >= 2 ** 31 ? -1 : 1));
      tf.dispose(made);
    }
  }
}

for (const [backend, strict] of [["cpu", false], ["wasm", true], ["wasm", false]] as const) {
  Deno.test(`uniform and signs have the generator's bits on ${backend}${strict ? ", strict" : ""}`, async () => {
    await chooseBackend(backend, { strict });
    await assertBits();
    await chooseBackend("cpu");
  });
}

webgpuTest("uniform and signs have the generator's bits on webgpu", async () => {
  await assertBits();
  await chooseBackend("cpu");
});

webgpuTest("uniform: more workgroups than fit along one axis, numbered in order", async () => {
  const size = 2 * 64 * 65536 + 3;
  for (const i of [0, 1, 2 ** 16, 128 * 65535 - 1, 128 * 65535, size - 1]) {
    const word = threefry2x32(keyOf(3, "uniform/long"), [i >> 1, 4])[i % 2];
    assertEquals(await read(() => tf.slice(uniform(at(3, 4), "long", [size]), i, 1)), [(word >>> 8) / 2 ** 24]);
  }
  await chooseBackend("cpu");
});

Deno.test("a name's numbers are its own, a kind's too; longer tensors begin as shorter ones; nothing is left behind", async () => {
  const { numTensors } = tf.memory(), chance = at(1, 2);
  const draws = [
    ...["a", "b", "", "A"].map((name) => () => uniform(chance, name, [9])),
    () => uniform({ ...chance, seed: 2 }, "a", [9]),
    () => uniform(at(1, 3), "a", [9]),
    () => tf.relu(signs(chance, "a", [9])),
    () => normal(chance, "a", [9]),
  ];
  const values = await Promise.all(draws.map(read));
  assertEquals(new Set(values.map(String)).size, draws.length);
  assertEquals(await read(() => drawsOf(chance, "a").uniform([3, 3])), values[0]);
  assertEquals((await read(() => uniform(chance, "a", [20]))).slice(0, 9), values[0]);
  assertEquals((await read(() => normal(chance, "a", [20]))).slice(0, 9), values[7]);
  assertEquals(await read(() => uniform(at(-0, 0), "a", [3])), await read(() => uniform(at(0, 0), "a", [3])));
  chance.step.dispose();
  assertEquals(tf.memory().numTensors, numTensors);
});

Deno.test("uniform: a step that is no int32 scalar is refused, and so is a number that int32 does not hold", () => {
  for (const step of [tf.scalar(1), tf.tensor1d([1, 2], "int32")]) {
    assertThrows(() => uniform({ seed: 0, step }, "x", [1]), UserError, "give an int32 scalar");
  }
  for (const step of [-1, 0.5, NaN, 2 ** 31]) assertThrows(() => stepTensor(step), UserError, `step is ${step}`);
});

Deno.test("uniform: moments, each of its 24 bits, and a chi-square of 256 cells", async () => {
  await chooseBackend("wasm");
  const size = 2 ** 18, values = await read(() => uniform(at(5, 6), "statistics", [size]));
  assert(values.every((x) => x >= 0 && x < 1));
  const deviation = 1 / Math.sqrt(size);
  assertAlmostEquals(mean(values), 1 / 2, 5 * deviation / Math.sqrt(12));
  assertAlmostEquals(mean(values.map((x) => (x - 0.5) ** 2)), 1 / 12, 5 * deviation / Math.sqrt(180));
  for (let bit = 0; bit < 24; bit++) {
    const ones = values.filter((x) => Math.floor(x * 2 ** 24) >> bit & 1).length;
    assertAlmostEquals(ones / size, 1 / 2, 5 * deviation / 2, `bit ${bit}`);
  }
  const cells = new Array(256).fill(0);
  for (const x of values) cells[Math.floor(256 * x)]++;
  const chiSquare = cells.reduce((sum, count) => sum + (count - size / 256) ** 2 / (size / 256), 0);
  assertAlmostEquals(chiSquare, 255, 5 * Math.sqrt(2 * 255));
  await chooseBackend("cpu");
});

Deno.test("uniform: names, steps, seeds and neighbours are uncorrelated, one step's number flips half of the bits", async () => {
  await chooseBackend("wasm");
  const size = 2 ** 16,
    bound = 5 / Math.sqrt(size),
    of = (seed: number, step: number, name: string) => read(() => uniform(at(seed, step), name, [size]));
  const x = await of(1, 1, "dropout1");
  for (const other of [await of(1, 2, "dropout1"), await of(2, 1, "dropout1"), await of(1, 1, "dropout2")]) {
    assertLess(Math.abs(correlation(x, other)), bound);
  }
  for (const lag of [1, 2, 3, 8, 256]) assertLess(Math.abs(correlation(x.slice(lag), x.slice(0, -lag))), bound);
  const bits = (words: Words) => words.map((word) => word.toString(2).replaceAll("0", "").length);
  const flipped = Array.from({ length: 4096 }, (_, step) => {
    const [a, b] = [step, step + 1].map((c1) => threefry2x32(keyOf(1, "x"), [0, c1]));
    return bits([(a[0] ^ b[0]) >>> 0, (a[1] ^ b[1]) >>> 0]).reduce((sum, n) => sum + n);
  });
  assertAlmostEquals(mean(flipped), 32, 5 * 4 / Math.sqrt(4096)); // of 64 bits, whose number varies by 4
  await chooseBackend("cpu");
});

async function assertNormal(): Promise<void> {
  const size = 2 ** 16, z = await read(() => normal(at(8, 9), "z", [size]));
  const within = (power: number, expected: number, variance: number) =>
    assertAlmostEquals(mean(z.map((x) => x ** power)), expected, 5 * Math.sqrt(variance / size), `power ${power}`);
  within(1, 0, 1);
  within(2, 1, 2);
  within(3, 0, 15);
  within(4, 3, 96);
  const below = (x: number) => z.filter((value) => value < x).length / size;
  for (const [x, probability] of [[-1.959964, 0.025], [-0.6744898, 0.25], [0, 0.5], [1.281552, 0.9], [3, 0.9986501]]) {
    assertAlmostEquals(below(x), probability, 5 * Math.sqrt(probability * (1 - probability) / size));
  }
  assert(z.every(Number.isFinite));
  assertLess(Math.abs(correlation(z.slice(1), z.slice(0, -1))), 5 / Math.sqrt(size));
}

/** Steps, found by search, whose first radius comes from the least and the largest uniform number. */
const ZERO = 37482738, LARGEST = 32660981;

async function assertEnds(): Promise<void> {
  const first = async (step: number) => (await read(() => normal(at(0, step), "z", [1])))[0];
  const turn = (step: number) => threefry2x32(keyOf(0, "angle/z"), [0, step])[0] >>> 8;
  assertAlmostEquals(await first(ZERO), 0, 1e-2);
  const angle = 2 * Math.PI * (turn(LARGEST) / 2 ** 24 - 0.5);
  assertAlmostEquals(await first(LARGEST), Math.sqrt(48 * Math.LN2) * Math.cos(angle), 1e-3);
}

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`normal: moments and quantiles on ${backend}; any shape`, async () => {
    await chooseBackend(backend);
    await assertNormal();
    await assertEnds();
    for (const shape of [[], [0, 3], [1], [3, 5]]) {
      assertEquals((await read(() => normal(at(1, 1), "s", shape))).length, tf.util.sizeFromShape(shape));
    }
    await chooseBackend("cpu");
  });
}

webgpuTest("normal on webgpu is what it is on cpu, but for rounding", async () => {
  await assertEnds();
  const make = () => normal(at(1, 2), "z", [999]), ours = await read(make);
  await chooseBackend("cpu");
  (await read(make)).forEach((z, i) => assertAlmostEquals(ours[i], z, 1e-4));
});
