/** Rounding, against all numbers of a format by its definition, on every backend. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../../runtime/backend.ts";
import { chanceOf, uniform } from "../../../runtime/chance.ts";
import { UserError } from "../../../runtime/errors.ts";
import { BF16, F16, type Format, formatNamed } from "../../../runtime/precision/format.ts";
import { roundArray, roundTo } from "../../../runtime/precision/round.ts";
import { everywhere } from "../everywhere.ts";
import { webgpuTest } from "../webgpu_test_case.ts";
import { around, bitsOf, nearest, numbersOf, ofBits, randomBits } from "./formats.ts";

const few = ["e2m1", "e2m3", "e3m2", "e4m3", "e5m2", "e6m5", "e7m1", "e8m1", "e8m4", "e8m7", "f16"].map(formatNamed);

/** Every number of a format, what lies half-way between two and right beside that, what is too large, and the specials; both signs. */
function telling(numbers: readonly number[]): Float32Array {
  const sizes = numbers.flatMap((number, i) => {
    const half = Math.fround((number + (numbers[i + 1] ?? 2 * number)) / 2), [bits] = bitsOf(Float32Array.of(half));
    return [number, half, ...ofBits([bits + 1, Math.max(bits - 1, 0)])];
  });
  const all = [...sizes, 1e-45, 1.1e-38, 1e38, 3.4028234663852886e38, Infinity, NaN];
  return Float32Array.from(all.flatMap((x) => [x, -x]));
}

async function rounded(x: Float32Array, format: Format, u?: Float32Array): Promise<Float32Array> {
  const given = tf.tensor1d(x), chance = u && tf.tensor1d(u), result = roundTo(given, format, chance);
  const values = await result.data() as Float32Array;
  tf.dispose([given, result, ...chance ? [chance] : []]);
  return values;
}

everywhere("roundTo gives the nearest of all numbers of a format, ties to even", async () => {
  for (const format of few) {
    const numbers = numbersOf(format), x = telling(numbers);
    assertEquals(
      bitsOf(await rounded(x, format)),
      bitsOf(Float32Array.from(x, (x) => nearest(numbers, x))),
      format.name,
    );
  }
});

/** Whether a number is one of a format: the definition, for formats of which there are too many numbers to list. */
function isOf({ exponent, mantissa }: Format, x: number): boolean {
  const bias = 2 ** (exponent - 1) - 1, size = Math.abs(x);
  const step = 2 ** (Math.max(Math.floor(Math.log2(size)), 1 - bias) - mantissa);
  return size < 2 ** (bias + 1) && Number.isInteger(size / step);
}

Deno.test("roundArray to many bits: nothing of the format lies between a number and its nearest, and what is of the format stays", () => {
  const x = ofBits(randomBits(20_000));
  for (const format of ["e8m23", "e8m22", "e8m12", "e5m23", "e5m22", "e2m23", "e7m16"].map(formatNamed)) {
    const { exponent, mantissa } = format, bias = 2 ** (exponent - 1) - 1, values = x.slice();
    roundArray(values, format);
    x.forEach((x, i) => {
      const size = Math.abs(x), result = Math.abs(values[i]);
      if (Number.isNaN(x)) assert(Number.isNaN(values[i]));
      else if (isOf(format, x)) assert(Object.is(values[i], x), `${format.name}: ${x} is of the format`);
      else if (result === Infinity) {
        assert(size >= 2 ** (bias + 1) - 2 ** (bias - mantissa - 1), `${format.name}: ${x}`);
      } else {
        const step = 2 ** (Math.max(Math.floor(Math.log2(size)), 1 - bias) - mantissa);
        assert(isOf(format, result) || result === 0, `${format.name}: ${result} is not of the format`);
        assert(Math.abs(size - result) <= step / 2, `${format.name}: ${x} became ${result}`);
      }
    });
  }
});

/** Numbers in [0, 1): multiples of 2⁻²⁴. */
const uniforms = (count: number) => Float32Array.from(randomBits(count), (word) => (word >>> 8) / 2 ** 24);

const wide = ["e8m23", "e8m22", "e5m23", "e2m23", "e6m22", "e7m12"].map(formatNamed);

async function hasBitsOfHost(): Promise<void> {
  const any = ofBits(randomBits(200_000)), u = uniforms(any.length);
  for (const format of [...wide, BF16, F16, formatNamed("e4m3"), formatNamed("e2m1")]) {
    for (const x of [any, ...[1, 2, 3, 5, 7].map((size) => any.slice(size, 2 * size))]) {
      const toNearest = x.slice(), byChance = x.slice(), name = `${format.name}, ${x.length}`;
      roundArray(toNearest, format);
      roundArray(byChance, format, u);
      assertEquals(bitsOf(await rounded(x, format)), bitsOf(toNearest), name);
      assertEquals(bitsOf(await rounded(x, format, u.slice(0, x.length))), bitsOf(byChance), `${name}, by chance`);
    }
  }
}

for (const strict of [false, true]) {
  Deno.test(`roundTo gives roundArray's bits for any bits, of any number of elements: wasm${strict ? ", strict" : ""}`, async () => {
    await chooseBackend("wasm", { strict });
    await hasBitsOfHost();
  });
}
webgpuTest("roundTo gives roundArray's bits for any bits, of any number of elements: webgpu", hasBitsOfHost);

everywhere(
  "roundTo by chance gives a number next to the given one, with its sign; NaN stays, and no number of the format moves",
  async () => {
    const random = ofBits(randomBits(20_000).reverse());
    for (const format of few) {
      const numbers = numbersOf(format), x = Float32Array.from([...telling(numbers).slice(0, 4000), ...random]);
      for (const u of [uniforms(x.length), x.map(() => 1 - 2 ** -24), x.map(() => 0)]) {
        const values = await rounded(x, format, u), last = numbers.length - 1;
        x.forEach((x, i) => {
          if (Number.isNaN(x)) return assert(Number.isNaN(values[i]));
          const { below, above } = around(numbers, Math.abs(x)), negative = x < 0 || Object.is(x, -0);
          const allowed = [below, above].map((at) => (negative ? -1 : 1) * (at === last ? Infinity : numbers[at]));
          assert(allowed.some((each) => Object.is(each, values[i])), `${format.name}: ${x} became ${values[i]}`);
        });
      }
    }
  },
);

Deno.test("roundArray by chance is right in the mean: of normal and subnormal numbers, and of those below the least", () => {
  const draws = 2 ** 16, u = Float32Array.from({ length: draws }, (_, i) => i / draws); // each of so many equal parts once
  for (const format of [BF16, F16, formatNamed("e4m3"), formatNamed("e2m1")]) {
    const least = 2 ** (2 - 2 ** (format.exponent - 1) - format.mantissa);
    for (const x of [1.2345, -1.2345, 1 / 3, 0.9999, least * 2.7, -least * 0.3, least * 0.001].map(Math.fround)) {
      const values = new Float32Array(draws).fill(x);
      roundArray(values, format, u);
      const step = Math.max(...values) - Math.min(...values),
        mean = values.reduce((sum, value) => sum + value, 0) / draws;
      assert(step > 0 && Math.abs(mean - x) <= step * 2 / draws, `${format.name}: ${x} has the mean ${mean}`);
    }
  }
});

everywhere("roundTo by the device's random numbers is right in the mean", async () => {
  const count = 2 ** 17, [x, u] = tf.tidy(() => [tf.fill([count], 1.2345), uniform(chanceOf(1, 2), "round", [count])]);
  const result = roundTo(x, BF16, u), values = await result.data() as Float32Array;
  assertEquals([...new Set(values)].sort(), [1.234375, 1.2421875]);
  const above = values.filter((value) => value > 1.2345).length / count, step = 2 ** -7;
  const share = (Math.fround(1.2345) - 1.234375) / step;
  assert(Math.abs(above - share) < 5 * Math.sqrt(share * (1 - share) / count), `${above} instead of ${share}`);
  tf.dispose([x, u, result]);
});

everywhere("roundTo has the gradient of the identity, keeps shapes, and leaves x as it is", async () => {
  const x = tf.tensor2d([[1.2345, -7.77], [1e-9, 3e38]]), c = tf.tensor2d([[1, 2], [3, 4.5]]), u = tf.fill([2, 2], 0.5);
  const slopes = [undefined, u].map((chance) =>
    tf.grad((x: tf.Tensor) => tf.sum(tf.mul(roundTo(x, F16, chance), c)))(x)
  );
  for (const slope of slopes) assertEquals(await slope.array(), [[1, 2], [3, 4.5]]);
  const result = roundTo(x, F16), none = tf.zeros([0, 3]), nothing = roundTo(none, F16);
  assertEquals([result.shape, nothing.shape], [[2, 2], [0, 3]]);
  assertEquals([...await x.data()], Array.from(Float32Array.of(1.2345, -7.77, 1e-9, 3e38)));
  tf.dispose([x, c, u, ...slopes, result, none, nothing]);
});

Deno.test("roundTo: what cannot be rounded is named", async () => {
  await chooseBackend("cpu");
  tf.tidy(() => {
    const x = tf.zeros([2, 3]);
    assertThrows(() => roundTo(tf.zeros([2], "int32"), BF16), UserError, "x is int32");
    assertThrows(() => roundTo(x, BF16, tf.zeros([3, 2])), UserError, "chance is float32 [3,2]; give float32 [2,3]");
    assertThrows(() => roundTo(x, BF16, tf.zeros([2, 3], "bool")), UserError, "chance is bool [2,3]");
  });
});
