/** Logits of −∞ rule out classes: all is as in float64 with −1e9 in their place, and what is impossible is infinite. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  amortize,
  crossEntropy,
  kl,
  linear,
  type Model,
  momentum,
  scalarRate,
  softmax,
  type Tensor,
} from "../../mod.ts";
import { bernoulliKl, bregman, logPartition, sigmoidCrossEntropy } from "../../proximal/mod.ts";
import { categorical, independentBits } from "../../proximal/likelihood.ts";
import { chanceOf, type Draws, drawsOf } from "../../runtime/chance.ts";
import { random } from "../../runtime/random.ts";
import { discrepancies, losses, mean, meanGradient, type Term } from "./formulas.ts";
import { onEveryBackend } from "./on_every_backend.ts";

const OUT = -Infinity;
const OUTPUTS = [[0.3, OUT, -1.2, 0.8, OUT, 0.1], [OUT, OUT, 2, OUT, -1, OUT], [1, 0.5, 0, -0.5, -1, OUT]];
const finite = (rows: readonly number[][]) => rows.map((row) => row.map((z) => Math.max(z, -1e9)));

/** What the second argument may be for these outputs. */
const REFERENCES: Readonly<Record<Term["reference"], number[][]>> = {
  outputs: [[0.1, OUT, -1, 1, OUT, 0.4], [OUT, OUT, OUT, OUT, 3, OUT], [0.9, 0.7, OUT, -0.2, -1.5, OUT]],
  distribution: [[0.5, 0, 0.25, 0.25, 0, 0], [0, 0, 0.5, 0, 0.5, 0], [0, 0, 0, 0, 1, 0]],
  probabilities: [[0.5, 0, 0.25, 1, 0, 0], [0, 0, 0.5, 0, 0.5, 0], [0.2, 1, 0, 1, 1, 0]],
};

interface Result {
  readonly value: number;
  readonly gradient: ArrayLike<number>;
}

async function result(term: Term["ours"], outputs: number[][], reference: Tensor, weights?: number[]): Promise<Result> {
  const { value, grad } = tf.tidy(() => {
    const w = weights && tf.tensor1d(weights);
    return tf.valueAndGrad((u) => term(u, reference, w) as tf.Scalar)(tf.tensor2d(outputs));
  });
  const numbers = { value: (await value.data())[0], gradient: await grad.data() };
  tf.dispose([value, grad, reference]);
  return numbers;
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assertEquals(actual.length, expected.length);
  Array.from(actual).forEach((x, i) => assertAlmostEquals(x, expected[i], tolerance, `${what}, ${i}`));
}

const drawsFrom = (seed: number): Draws => drawsOf(chanceOf(seed, 0), "test");
const isOfLogits = ({ name }: Term) => !/squared|Square/.test(name);

for (const term of [...discrepancies, ...losses].filter(isOfLogits)) {
  onEveryBackend(`${term.name}: logits of −∞ are probabilities of 0`, async () => {
    const reference = REFERENCES[term.reference], near = finite(reference);
    for (const weights of [undefined, [1, 0.5, 2]]) {
      const { value, gradient } = await result(term.ours, OUTPUTS, tf.tensor2d(reference), weights);
      const values = finite(OUTPUTS).map((row, i) => term.exact(row, near[i]));
      assertAlmostEquals(value, mean(values, weights), 10 * term.tolerance, term.name);
      assertClose(gradient, meanGradient(term.exact, finite(OUTPUTS), near, weights), 1e-5, term.name);
    }
  });
}

onEveryBackend("crossEntropy of class numbers: logits of −∞ are probabilities of 0", async () => {
  const labels = [3, 2, 4], targets = labels.map((label) => Array.from({ length: 6 }, (_, c) => Number(c === label)));
  const { value, gradient } = await result(crossEntropy, OUTPUTS, tf.tensor1d(labels, "int32"));
  const { exact } = losses[0];
  assertAlmostEquals(value, mean(finite(OUTPUTS).map((row, i) => exact(row, targets[i]))), 1e-6);
  assertClose(gradient, meanGradient(exact, finite(OUTPUTS), targets), 1e-5, "labels");
});

const IMPOSSIBLE: Readonly<Record<string, { ours: Term["ours"]; outputs: number[]; reference: () => Tensor }>> = {
  "a class number": { ours: crossEntropy, outputs: [0, OUT, 1], reference: () => tf.tensor1d([1], "int32") },
  "a class number where all is −∞": {
    ours: crossEntropy,
    outputs: [OUT, OUT, OUT],
    reference: () => tf.tensor1d([1], "int32"),
  },
  "a probability": { ours: crossEntropy, outputs: [0, OUT, 1], reference: () => tf.tensor2d([[0.9, 0.01, 0.09]]) },
  "probabilities where all is −∞": {
    ours: crossEntropy,
    outputs: [OUT, OUT, OUT],
    reference: () => tf.tensor2d([[0.9, 0.01, 0.09]]),
  },
  "a bit that is on": { ours: sigmoidCrossEntropy, outputs: [0, OUT, 1], reference: () => tf.tensor2d([[0, 1, 0]]) },
  "a bit that is off": {
    ours: sigmoidCrossEntropy,
    outputs: [0, Infinity, 1],
    reference: () => tf.tensor2d([[0, 0.5, 0]]),
  },
  "kl's reference": { ours: kl, outputs: [0, OUT, 1], reference: () => tf.tensor2d([[0, 0, 1]]) },
  "bernoulliKl's reference": { ours: bernoulliKl, outputs: [0, OUT, 1], reference: () => tf.tensor2d([[0, 0, 1]]) },
  "bregman's reference": {
    ours: bregman(logPartition),
    outputs: [0, OUT, 1],
    reference: () => tf.tensor2d([[0, 0, 1]]),
  },
};

for (const [name, { ours, outputs, reference }] of Object.entries(IMPOSSIBLE)) {
  onEveryBackend(
    `${name} that the outputs rule out: the loss is +∞, the gradient finite, a weight of 0 drops it`,
    async () => {
      const { value, gradient } = await result(ours, [outputs], reference());
      assertEquals(value, Infinity);
      assert([...gradient as Float32Array].every(Number.isFinite), `${gradient}`);

      const two = tf.tidy(() => tf.concat([reference(), tf.zerosLike(reference())]));
      const weighted = await result(ours, [outputs, [0.5, 1, 2]], two, [0, 2]);
      const alone = await result(ours, [[0.5, 1, 2]], tf.tidy(() => tf.zerosLike(reference())));
      assertAlmostEquals(weighted.value, alone.value, 1e-5);
      assertClose(weighted.gradient, [0, 0, 0, ...Array.from(alone.gradient)], 1e-5, name);
    },
  );
}

onEveryBackend("a bit whose logit is ±∞ and its target's: the loss is 0", async () => {
  const { value, gradient } = await result(sigmoidCrossEntropy, [[OUT, Infinity]], tf.tensor2d([[0, 1]]));
  assertEquals([value, ...Array.from(gradient)], [0, 0, 0]);
  const same = await result(bernoulliKl, [[OUT, Infinity]], tf.tensor2d([[OUT, Infinity]]));
  assertEquals([same.value, ...Array.from(same.gradient)], [0, 0, 0]);
});

onEveryBackend("kl: two rows of nothing but −∞ are no distance apart", async () => {
  const { value, gradient } = await result(kl, [[OUT, OUT, OUT]], tf.tensor2d([[OUT, OUT, OUT]]));
  assertEquals([value, ...Array.from(gradient)], [0, 0, 0, 0]);
});

onEveryBackend("categorical: no draw is of a class that is ruled out, and F v is finite", async () => {
  const rows = 2000, stream = random(1, "ruled out");
  const logits = Array.from(
    { length: rows },
    (_, i) => Array.from({ length: 7 }, (_, c) => (c + i) % 3 ? OUT : stream.normal()),
  );
  const [sample, fisher] = tf.tidy(() => {
    const outputs = tf.tensor2d(logits);
    return [categorical.sample(outputs, drawsFrom(2)), categorical.fisher(outputs, tf.ones([rows, 7]))];
  });
  const [classes, product] = [await sample.data(), await fisher.data()];
  tf.dispose([sample, fisher]);
  classes.forEach((c, i) => assert(logits[i][c] !== OUT, `row ${i}: class ${c}`));
  product.forEach((x) => assertAlmostEquals(x, 0, 1e-6)); // F 1 = 0
});

onEveryBackend("categorical: the largest draw falls on the last class that has a probability", async () => {
  const largest: Draws = { ...drawsFrom(0), uniform: (shape) => tf.fill([...shape], 1 - 2 ** -24) },
    rows = 500,
    stream = random(3, "tails");
  const logits = Array.from({ length: rows }, () => [...Array.from({ length: 9 }, () => stream.normal()), OUT, OUT]);
  const sample = tf.tidy(() => categorical.sample(tf.tensor2d(logits), largest));
  for (const c of await sample.data()) assert(c <= 8, `class ${c}`);
  sample.dispose();
});

onEveryBackend("independentBits: logits of ±∞ are bits that are certain", async () => {
  const [sample, fisher] = tf.tidy(() => {
    const outputs = tf.tensor2d([[OUT, Infinity]]);
    return [independentBits.sample(outputs, drawsFrom(1)), independentBits.fisher(outputs, tf.ones([1, 2]))];
  });
  assertEquals([...await sample.data(), ...await fisher.data()], [0, 1, 0, 0]);
  tf.dispose([sample, fisher]);
});

/** A linear classifier of which each example may have some classes only: the rest have the logit `out`. */
function withLegalMoves(out: number): Model {
  const model = linear(3, 4);
  return {
    ...model,
    apply: (params, buffers, inputs, mode) => {
      const applied = model.apply(params, buffers, inputs, mode);
      const { legal } = inputs as { legal: Tensor };
      return { ...applied, outputs: tf.where(tf.cast(legal, "bool"), applied.outputs, tf.scalar(out)) };
    },
  };
}

onEveryBackend(
  "APO learns the rate of a network with illegal moves, as with logits of −1e9, and skips no meta step",
  async () => {
    const trained = async (out: number) => {
      const problem = { model: withLegalMoves(out), output: softmax() };
      const optimizer = amortize({ problem, direction: momentum(), parameterization: scalarRate() });
      const batch = () => ({
        inputs: {
          x: tf.tensor2d([[1, 0, 0.5], [0, 1, 0.2], [-1, 0.3, 1]]),
          legal: tf.tensor2d([[1, 1, 0, 1], [0, 0, 1, 1], [1, 0, 0, 1]], [3, 4], "int32"),
        },
        targets: tf.tensor1d([1, 2, 0], "int32"),
      });
      const { params, buffers } = problem.model.init(1);
      let carry = tf.tidy(() => optimizer.init(params, buffers));
      const made = batch(), batches = { batch: made, metaBatch: batch };
      carry = await optimizer.prepare!(carry, batches, { step: 0, seed: 1 });
      let numbers: Record<string, number> = {};
      for (let step = 0; step < 12; step++) {
        const { carry: next, metrics } = tf.tidy(() => optimizer.step(carry, batches, { step, seed: 1 }));
        carry = next;
        numbers = {};
        for (const [name, x] of Object.entries(metrics)) numbers[name] = (await x.data())[0];
        tf.dispose(metrics);
      }
      const { rate } = await optimizer.learned!(carry);
      tf.dispose([carry, made] as unknown as tf.TensorContainer);
      return { ...numbers, rate };
    };
    const ruledOut: Record<string, number> = await trained(OUT), unlikely: Record<string, number> = await trained(-1e9);
    assertEquals(ruledOut.metaSkipped, 0);
    assertEquals(ruledOut.refused, 0);
    assert(ruledOut.fsd > 0 && ruledOut.metaGradientNorm > 0);
    for (const name of ["loss", "fsd", "rate"]) {
      assertAlmostEquals(ruledOut[name], unlikely[name], 1e-4 * Math.abs(unlikely[name]), name);
    }
  },
);
