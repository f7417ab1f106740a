/** Likelihoods against the discrepancies that they belong to: the Fisher matrix is the Hessian, and draws have its moments. */
import { assert, assertAlmostEquals, assertEquals, assertLess, assertNotEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { bernoulliKl, crossEntropy, kl, sigmoidCrossEntropy, squaredError, type Tensor } from "../../mod.ts";
import { categorical, independentBits, unitGaussian } from "../../proximal/likelihood.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { chanceOf, type Draws, drawsOf } from "../../runtime/chance.ts";
import { random, randomTensor } from "../../runtime/random.ts";

await chooseBackend("cpu");

const families = {
  categorical: { likelihood: categorical, discrepancy: kl, loss: crossEntropy },
  independentBits: { likelihood: independentBits, discrepancy: bernoulliKl, loss: sigmoidCrossEntropy },
  unitGaussian: { likelihood: unitGaussian, discrepancy: squaredError, loss: squaredError },
};
const stream = random(1, "likelihood");
const logits = (shape: number[], scale = 1) => randomTensor(shape, () => scale * stream.normal());
const drawsFrom = (seed: number): Draws => drawsOf(chanceOf(seed, 0), "test");
const normalOf = (seed: number) => {
  const stream = random(seed, "outputs");
  return randomTensor([3, 4], () => 1.5 * stream.normal());
};

function assertAllClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assertEquals(actual.length, expected.length);
  Array.from(actual).forEach((x, i) => assertAlmostEquals(x, expected[i], tolerance, `${i}`));
}

for (const [name, { likelihood, discrepancy, loss }] of Object.entries(families)) {
  Deno.test(`${name}: F v is the Hessian of the discrepancy where outputs agree, by finite differences`, () => {
    tf.tidy(() => {
      const outputs = normalOf(2), tangent = logits([3, 4]), step = 1e-2;
      const slope = tf.grad((at: Tensor) => discrepancy(at, outputs));
      const at = (by: number) => slope(tf.add(outputs, tf.mul(tangent, by)));
      const perExample = outputs.shape[0]; // the discrepancy is a mean over examples
      const hessian = tf.mul(tf.div(tf.sub(at(step), at(-step)), 2 * step), perExample);
      assertAllClose(likelihood.fisher(outputs, tangent).dataSync(), hessian.dataSync(), 1e-4);
    });
  });

  Deno.test(`${name}: F is the covariance of the loss's gradients over draws, whose mean is 0`, () => {
    tf.tidy(() => {
      const one = tf.tensor2d([[0.3, -0.8, 1.1]]), draws = 40_000, outputs = tf.tile(one, [draws, 1]);
      const targets = likelihood.sample(outputs, drawsFrom(5));
      const g = tf.mul(tf.grad((at: Tensor) => loss(at, targets))(outputs), draws) as tf.Tensor2D;
      assertAllClose(tf.mean(g, 0).dataSync(), [0, 0, 0], 0.02);
      const fisher = tf.concat(
        [0, 1, 2].map((i) => likelihood.fisher(one, tf.slice(tf.eye(3), [i, 0], [1, 3]))),
      );
      assertAllClose(tf.div(tf.matMul(g, g, true), draws).dataSync(), fisher.dataSync(), 0.025);
    });
  });

  Deno.test(`${name}: one seed gives one sample, another another; outputs may have more axes`, () => {
    tf.tidy(() => {
      const outputs = logits([4, 5, 3]), draw = (seed: number) => likelihood.sample(outputs, drawsFrom(seed));
      assertEquals(draw(1).dataSync(), draw(1).dataSync());
      assertNotEquals(draw(1).dataSync(), draw(2).dataSync());
      assertEquals(draw(1).shape, name === "categorical" ? [4, 5] : [4, 5, 3]);
      const flat = likelihood.sample(tf.reshape(outputs, [20, 3]), drawsFrom(1));
      assertEquals(flat.dataSync(), draw(1).dataSync());
      assert(Number.isFinite(loss(outputs, draw(1)).dataSync()[0]));
    });
  });

  Deno.test(`${name}: logits of ±100 and of ±1e4 give finite numbers`, () => {
    tf.tidy(() => {
      for (const size of [100, 1e4]) {
        const outputs = tf.tensor2d([[size, -size, 0], [-size, -size, -size], [size, size, -size]]);
        const sample = likelihood.sample(outputs, drawsFrom(1));
        const fisher = likelihood.fisher(outputs, logits([3, 3]));
        assert(
          [...sample.dataSync(), ...fisher.dataSync(), loss(outputs, sample).dataSync()[0]].every(Number.isFinite),
        );
      }
    });
  });
}

const always = (value: number): Draws => ({ ...drawsFrom(0), uniform: (shape) => tf.fill([...shape], value) });
const LARGEST = 1 - 2 ** -24;

Deno.test("categorical: draws at both ends of [0, 1) fall on classes that have a probability", () => {
  tf.tidy(() => {
    const outputs = tf.tensor2d([[-200, 3, -200], [100, -100, -100], [-100, -100, 100], [0, 0, -200]]);
    assertEquals([...categorical.sample(outputs, always(0)).dataSync()], [1, 0, 2, 0]);
    assertEquals([...categorical.sample(outputs, always(LARGEST)).dataSync()], [1, 0, 2, 1]);
    assertEquals([...categorical.sample(tf.zeros([1, 4]), always(0.5)).dataSync()], [2]); // [½, ¾) is class 2's
    assertEquals(categorical.sample(outputs, always(0)).dtype, "int32");
  });
});

Deno.test("categorical: many classes, whose probabilities' sum is rounded, stay within the classes", () => {
  tf.tidy(() => {
    const classes = 3000, sample = categorical.sample(logits([50, classes], 3), always(LARGEST));
    assert(sample.dataSync().every((c) => Number.isInteger(c) && c >= 0 && c < classes));
  });
});

Deno.test("independentBits: logits of ±100 are bits that are certain", () => {
  tf.tidy(() => {
    const outputs = tf.tensor2d([[100, -100]]);
    const many = independentBits.sample(tf.tile(outputs, [50, 1]), drawsFrom(3)).arraySync() as number[][];
    for (const bits of many) assertEquals(bits, [1, 0]);
    assertEquals([...independentBits.sample(outputs, always(LARGEST)).dataSync()], [1, 0]);
  });
});

Deno.test("unitGaussian: the draws' distance from the outputs has the variance 1", () => {
  tf.tidy(() => {
    const outputs = logits([100, 200], 10), noise = tf.sub(unitGaussian.sample(outputs, drawsFrom(2)), outputs);
    assertLess(Math.abs(tf.mean(noise).dataSync()[0]), 0.03);
    assertAlmostEquals(tf.mean(tf.square(noise)).dataSync()[0], 1, 0.04);
  });
});

Deno.test("wasm and cpu draw the same classes", async () => {
  const outputs = () => {
    const stream = random(9, "backends");
    return randomTensor([200, 10], () => 2 * stream.normal());
  };
  const draw = () => tf.tidy(() => [...categorical.sample(outputs(), drawsFrom(4)).dataSync()]);
  const expected = draw();
  await chooseBackend("wasm");
  assertEquals(draw(), expected);
  await chooseBackend("cpu");
});
