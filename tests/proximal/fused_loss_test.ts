/** Losses and divergences in one pass, on backends that have such kernels, against tfjs's operations on cpu. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { bernoulliKl, crossEntropy, kl, sigmoidCrossEntropy, softmax, type Tensor } from "../../proximal/mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";
import { ROW_LOSS } from "../../runtime/row_loss.ts";

type Term = (outputs: Tensor, reference: Tensor, weights?: Tensor) => Tensor;

interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly size: number;
  readonly weighted: boolean;
}

const cases: fc.Arbitrary<Case> = fc.record({
  rows: fc.integer({ min: 1, max: 9 }),
  // from 1,024 on rows are computed in another way
  columns: fc.oneof(fc.integer({ min: 2, max: 20 }), fc.constantFrom(99, 100, 784, 1023, 1024, 1030)),
  size: fc.constantFrom(1e-3, 1, 30),
  weighted: fc.boolean(),
});

const wave = (rows: number, columns: number, phase: number): Tensor =>
  tf.tensor2d(Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * 1.37 + phase)), [rows, columns]);

const smoothed = softmax({ labelSmoothing: 0.1 }).loss;

const terms: Readonly<Record<string, (test: Case) => { term: Term; reference: Tensor }>> = {
  "crossEntropy of labels": ({ rows, columns }) => {
    const labels = Int32Array.from({ length: rows }, (_, i) => (7 * i) % columns);
    return { term: crossEntropy, reference: tf.tensor1d(labels, "int32") };
  },
  "smoothed crossEntropy of labels": ({ rows, columns }) => {
    const labels = Int32Array.from({ length: rows }, (_, i) => (7 * i) % columns);
    return { term: smoothed, reference: tf.tensor1d(labels, "int32") };
  },
  "crossEntropy of probabilities": ({ rows, columns }) => ({
    term: crossEntropy,
    reference: tf.abs(wave(rows, columns, 1)),
  }),
  kl: ({ rows, columns, size }) => ({
    term: kl,
    reference: tf.add(tf.mul(wave(rows, columns, 0), size), tf.mul(wave(rows, columns, 2), 0.3)),
  }),
  sigmoidCrossEntropy: ({ rows, columns }) => ({
    term: sigmoidCrossEntropy,
    reference: tf.abs(wave(rows, columns, 3)),
  }),
  bernoulliKl: ({ rows, columns, size }) => ({
    term: bernoulliKl,
    reference: tf.add(tf.mul(wave(rows, columns, 0), size), tf.mul(wave(rows, columns, 4), 0.3)),
  }),
};

async function valueAndGradient(name: string, test: Case): Promise<[number, Float32Array]> {
  const { value, grad } = tf.tidy(() => {
    const { term, reference } = terms[name](test);
    const weights = test.weighted ? tf.abs(tf.reshape(wave(test.rows, 1, 5), [test.rows])) : undefined;
    const outputs = tf.mul(wave(test.rows, test.columns, 0), test.size);
    return tf.valueAndGrad((z) => term(z, reference, weights) as tf.Scalar)(outputs);
  });
  const numbers: [number, Float32Array] = [(await value.data())[0], await grad.data() as Float32Array];
  tf.dispose([value, grad]);
  return numbers;
}

for (const name of Object.keys(terms)) {
  Deno.test(`${name}: the kernel on wasm gives what tfjs's operations give on cpu, for rows of any length`, () =>
    fc.assert(
      fc.asyncProperty(cases, async (test) => {
        await chooseBackend("cpu");
        const [expected, slopes] = await valueAndGradient(name, test);
        await chooseBackend("wasm");
        const [value, gradient] = await valueAndGradient(name, test);
        assertAlmostEquals(value, expected, 1e-6 + 1e-5 * Math.abs(expected));
        gradient.forEach((x, i) => assertAlmostEquals(x, slopes[i], 1e-6 + 3e-6 * Math.abs(slopes[i])));
      }),
      { numRuns: 40 },
    ));

  Deno.test(`${name}: an output that is NaN shows, on wasm`, async () => {
    await chooseBackend("wasm");
    assert(tf.getKernel(ROW_LOSS, "wasm"));
    const test = { rows: 2, columns: 6, size: 1, weighted: false };
    for (const column of [0, 3, 5]) {
      const value = tf.tidy(() => {
        const { term, reference } = terms[name](test);
        const poison = tf.mul(tf.oneHot(tf.tensor1d([column, -1], "int32"), 6), NaN);
        const outputs = tf.where(tf.isNaN(poison), tf.fill([2, 6], NaN), wave(2, 6, 0));
        return term(outputs, reference).dataSync()[0];
      });
      assertEquals(value, NaN);
    }
  });
}

/** Numbers of which some are among `extremes`, at any place of a row. */
const sprinkled = (count: number, extremes: readonly number[], otherwise: fc.Arbitrary<number>) =>
  fc.array(fc.oneof(otherwise, fc.constantFrom(...extremes)), { minLength: count, maxLength: count });

const ordinary = fc.integer({ min: -40, max: 40 }).map((x) => x / 8),
  share = fc.integer({ min: 0, max: 8 }).map((x) => x / 8);
const extreme: readonly [string, Term, number[], fc.Arbitrary<number>][] = [
  ["crossEntropy of probabilities", crossEntropy, [-Infinity], share],
  ["kl", kl, [-Infinity], ordinary],
  ["sigmoidCrossEntropy", sigmoidCrossEntropy, [-Infinity, Infinity], share],
  ["bernoulliKl", bernoulliKl, [-Infinity, Infinity], ordinary],
];

for (const [name, term, extremes, others] of extreme) {
  const areLogits = others === ordinary;
  const test = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 9 })).chain(([rows, columns]) =>
    fc.record({
      shape: fc.constant<[number, number]>([rows, columns]),
      outputs: sprinkled(rows * columns, extremes, ordinary),
      reference: sprinkled(rows * columns, areLogits ? extremes : [0, 1], others),
    })
  );
  Deno.test(`${name} on wasm: rows with infinite logits and rows without, each as on cpu`, () =>
    fc.assert(
      fc.asyncProperty(test, async ({ shape, outputs, reference }) => {
        const result = async (backend: "cpu" | "wasm"): Promise<number[]> => {
          await chooseBackend(backend);
          return tf.tidy(() => {
            const at = (weights?: Tensor) => (z: Tensor) =>
              term(z, tf.tensor2d(reference, shape), weights) as tf.Scalar;
            const z = tf.tensor2d(outputs, shape), rows = tf.unstack(tf.eye(shape[0]));
            const values = rows.map((only) => at(only)(z).dataSync()[0]);
            return [...values, ...tf.grad(at())(z).dataSync()];
          });
        };
        const expected = await result("cpu");
        (await result("wasm")).forEach((x, i) => {
          if (Number.isFinite(expected[i])) assertAlmostEquals(x, expected[i], 1e-6 + 1e-5 * Math.abs(expected[i]));
          else assertEquals(x, expected[i]);
        });
      }),
      { numRuns: 200 },
    ));
}

Deno.test("long rows on wasm: infinite logits, and labels that no output stands for, as on cpu", async () => {
  const columns = 1030, ruledOut = [[], [3], [0, 1029], [1028], Array.from({ length: columns }, (_, j) => j)];
  const masked = (phase: number) =>
    tf.stack(ruledOut.map((places, i) => {
      const row = Float32Array.from({ length: columns }, (_, j) => Math.sin((i * columns + j) * 1.37 + phase));
      places.forEach((j) => row[j] = -Infinity);
      return tf.tensor1d(row);
    }));
  const labels = [[3, 3, 3, 3, 3], [1029, 0, 1029, 0, 1029], [-1, 1030, 0, 5, 0]];
  const results = async (backend: "cpu" | "wasm"): Promise<number[]> => {
    await chooseBackend(backend);
    return tf.tidy(() => {
      const z = masked(0), rows = tf.unstack(tf.eye(ruledOut.length));
      const of = (term: Term, reference: Tensor) => [
        ...rows.map((only) => term(z, reference, only).dataSync()[0]),
        ...tf.grad((z) => term(z, reference) as tf.Scalar)(z).dataSync(),
      ];
      const ofLabels = labels.flatMap((at) =>
        [crossEntropy, smoothed].flatMap((term) => of(term, tf.tensor1d(at, "int32")))
      );
      return [...ofLabels, ...of(kl, masked(2)), ...of(kl, tf.reverse(masked(2), 0)), ...of(kl, z)];
    });
  };
  const expected = await results("cpu");
  (await results("wasm")).forEach((x, i) => {
    if (Number.isFinite(expected[i])) assertAlmostEquals(x, expected[i], 1e-6 + 1e-5 * Math.abs(expected[i]));
    else assertEquals(x, expected[i]);
  });
});

Deno.test("rows on wasm whose weight is 0 are passed over, whatever they hold", async () => {
  await chooseBackend("wasm");
  const weights = [0, 0, 1, 0.5, 0, 2, 0];
  const padded = (x: Tensor): Tensor =>
    tf.where(tf.notEqual(tf.expandDims(tf.tensor1d(weights), 1), 0), x, tf.scalar(NaN));
  for (
    const [name, { term, reference }] of Object.entries(terms).map(([name, of]) =>
      [name, of({ rows: 7, columns: 6, size: 1, weighted: true })] as const
    )
  ) {
    const at = (z: Tensor) => tf.valueAndGrad((z) => term(z, reference, tf.tensor1d(weights)) as tf.Scalar)(z);
    const whole = at(wave(7, 6, 0)), holed = at(padded(wave(7, 6, 0)));
    assertEquals(holed.value.dataSync(), whole.value.dataSync(), name);
    assertEquals([...holed.grad.dataSync()].map((x) => x + 0), [...whole.grad.dataSync()].map((x) => x + 0), name);
    assert(whole.grad.dataSync().some((x) => x !== 0));
  }
});

for (const [name, term] of Object.entries({ kl, bernoulliKl, crossEntropy, sigmoidCrossEntropy })) {
  Deno.test(`${name} on wasm: sequences, with weights of examples and of their places, as on cpu`, async () => {
    const shape = [2, 3, 5];
    for (const weighted of [[], [2], [2, 3], shape]) {
      const result = async (backend: "cpu" | "wasm"): Promise<number[]> => {
        await chooseBackend(backend);
        return tf.tidy(() => {
          const of = (size: number[], phase: number) =>
            tf.reshape(wave(tf.util.sizeFromShape(size), 1, phase), size) as Tensor;
          const reference = tf.abs(of(shape, 1)), weights = weighted.length > 0 ? tf.abs(of(weighted, 2)) : undefined;
          const at = (z: Tensor) => term(z, reference, weights) as tf.Scalar;
          const { value, grad } = tf.valueAndGrad(at)(of(shape, 0));
          return [...value.dataSync(), ...grad.dataSync()];
        });
      };
      const expected = await result("cpu");
      (await result("wasm")).forEach((x, i) => assertAlmostEquals(x, expected[i], 1e-6 + 1e-5 * Math.abs(expected[i])));
    }
  });
}

for (const [name, term] of Object.entries({ crossEntropy, sigmoidCrossEntropy })) {
  Deno.test(`${name} on wasm: targets that depend on the parameters have their gradient, as on cpu`, async () => {
    const slope = async (backend: "cpu" | "wasm"): Promise<number> => {
      await chooseBackend(backend);
      return tf.tidy(() => {
        const at = (x: Tensor) => {
          const z = tf.mul(wave(3, 4, 0), x);
          return term(z, tf.sigmoid(z));
        };
        return tf.grad(at)(tf.scalar(1)).dataSync()[0];
      });
    };
    assertAlmostEquals(await slope("wasm"), await slope("cpu"), 1e-5);
  });
}

Deno.test("crossEntropy on wasm: targets that are given are the kernel's, within a gradient, too", async () => {
  await chooseBackend("wasm");
  const [z, p, w] = [wave(3, 4, 0), tf.abs(wave(3, 4, 1)), tf.ones([3])];
  const { kernelNames } = await tf.profile(() => tf.dispose(tf.grad((z) => crossEntropy(z, p, w))(z)));
  assert(kernelNames.includes(ROW_LOSS), kernelNames.join());
  tf.dispose([z, p, w]);
});

webgpuTest(
  "losses and divergences: the kernel on webgpu gives what tfjs's operations give on cpu",
  async () => {
    assert(tf.getKernel(ROW_LOSS, "webgpu"));
    for (const name of Object.keys(terms)) {
      for (const [rows, columns, size] of [[3, 10, 1], [2, 130, 30], [5, 64, 1e-3], [1, 3, 1]]) {
        for (const weighted of [false, true]) {
          const test = { rows, columns, size, weighted };
          await chooseBackend("cpu");
          const [expected, slopes] = await valueAndGradient(name, test);
          await chooseBackend("webgpu");
          const [value, gradient] = await valueAndGradient(name, test);
          assertAlmostEquals(value, expected, 1e-6 + 2e-5 * Math.abs(expected), name);
          gradient.forEach((x, i) => assertAlmostEquals(x, slopes[i], 2e-6 + 1e-5 * Math.abs(slopes[i]), name));
        }
      }
    }
  },
);
