/** Class numbers that no output stands for are never a loss of 0, and what has the weight 0 may be anything. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { crossEntropy, sigmoidCrossEntropy, squaredError, type Tensor } from "../../mod.ts";
import { onEveryBackend } from "./on_every_backend.ts";

type Term = (outputs: Tensor, targets: Tensor, weights?: Tensor) => Tensor;

async function result(term: Term, outputs: Tensor, targets: Tensor, weights?: Tensor): Promise<number[]> {
  const { value, grad } = tf.valueAndGrad((z) => term(z, targets, weights) as tf.Scalar)(outputs);
  const numbers = [...await value.data(), ...await grad.data()];
  tf.dispose([value, grad, outputs, targets, ...weights ? [weights] : []]);
  return numbers;
}

const LOGITS = [[0.2, -1, 0.7], [1, 2, -0.5], [0, 0.3, 0.1]];

onEveryBackend("crossEntropy: a class number that no output stands for gives NaN, value and gradient", async () => {
  for (const wrong of [-1, -100, 3, 7, -(2 ** 31), 0.5, NaN]) {
    const dtype = Number.isInteger(wrong) ? "int32" : "float32";
    const numbers = await result(crossEntropy, tf.tensor2d(LOGITS), tf.tensor1d([0, wrong, 2], dtype));
    assertEquals(numbers[0], NaN, `${wrong}`);
    assert(numbers.slice(4, 7).every(Number.isNaN), `${wrong}: ${numbers}`);
  }
});

onEveryBackend("crossEntropy: class numbers as float32 are the same as int32", async () => {
  const of = (dtype: "int32" | "float32") => result(crossEntropy, tf.tensor2d(LOGITS), tf.tensor1d([0, 1, 2], dtype));
  assertEquals(await of("float32"), await of("int32"));
});

onEveryBackend("crossEntropy: any class number is right where its weight is 0", async () => {
  const { log, exp } = Math, rest = log(exp(0.2) + exp(-1) + exp(0.7)) - 0.2, last = log(1 + exp(0.3) + exp(0.1)) - 0.1;
  for (const wrong of [-1, -100, 3, 0.5, NaN]) {
    const dtype = Number.isInteger(wrong) ? "int32" : "float32", labels = () => tf.tensor1d([0, wrong, 2], dtype);
    const numbers = await result(crossEntropy, tf.tensor2d(LOGITS), labels(), tf.tensor1d([1, 0, 3], "int32"));
    assertAlmostEquals(numbers[0], (rest + 3 * last) / 4, 1e-6);
    assertEquals(numbers.slice(4, 7), [0, 0, 0]);
    const sure = await result(
      crossEntropy,
      tf.tensor2d(LOGITS),
      tf.tensor1d([0, 0, 2], "int32"),
      tf.tensor1d([1, 0, 3]),
    );
    assertEquals(numbers, sure);
  }
});

onEveryBackend("crossEntropy of sequences: padding is ignored by position and by row", async () => {
  const outputs = () => tf.tensor3d([LOGITS, LOGITS]),
    labels = (pad: number) => tf.tensor2d([[0, 1, pad], [pad, pad, pad]], [2, 3], "int32");
  const byPosition = () => tf.tensor2d([[1, 1, 0], [0, 0, 0]]);
  assertEquals(
    await result(crossEntropy, outputs(), labels(-100), byPosition()),
    await result(crossEntropy, outputs(), labels(0), byPosition()),
  );
  const byRow = (pad: number) =>
    result(crossEntropy, outputs(), tf.tensor2d([[0, 1, 2], [pad, pad, pad]], [2, 3], "int32"), tf.tensor1d([2, 0]));
  assertEquals(await byRow(-1), await byRow(0));
});

for (const [name, term] of Object.entries({ crossEntropy, sigmoidCrossEntropy, squaredError })) {
  onEveryBackend(`${name}: targets of NaN are right where their weight is 0`, async () => {
    const of = (missing: number) =>
      result(
        term,
        tf.tensor2d(LOGITS),
        tf.tensor2d([[0, 1, 0], [missing, missing, missing], [1, 0, 0]]),
        tf.tensor1d([1, 0, 1]),
      );
    const numbers = await of(NaN);
    assert(numbers.every(Number.isFinite) && numbers[0] > 0);
    assertEquals(numbers, await of(0));
  });
}
