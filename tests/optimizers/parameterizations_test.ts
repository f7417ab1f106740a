/** What P_φ is, apart from its meta-gradient. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from "ml-matrix";
import {
  conv2d,
  dense,
  diagonal,
  flatten,
  fullMatrix,
  kfacStructured,
  type Leaves,
  type Parameterization,
  perBlockRates,
  reshape,
  scalarRate,
  sequential,
  type Tensor,
  type Tensors,
} from "../../mod.ts";
import { conditionNumber } from "../../optimizers/parameterizations/condition.ts";
import { stepped } from "../../optimizers/parameterizations/stepped.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { random, randomTensor } from "../../runtime/random.ts";
import { mapTensors } from "../../runtime/tree.ts";
import { parameterizations, perturbed } from "./every_parameterization.ts";

await chooseBackend("cpu");

// A convolution with kernel [2, 1, 1, 2], biases, and a dense kernel [6, 3]: sizes that blocks of 2 and 3 do and do not divide.
const model = sequential([4], [
  reshape([4, 1, 1]),
  conv2d({ filters: 2, window: [2, 1], padding: "valid" }),
  flatten(),
  dense({ units: 3 }),
]);
const { params } = model.init(1);
const stream = random(1, "parameterizations");
const normal = (shape: readonly number[]): Tensor => randomTensor([...shape], () => stream.normal());
const direction = mapTensors(params, (x) => normal(x.shape));
const flat = (tensors: Tensors): number[] => Object.values(tensors).flatMap((x) => [...x.dataSync()]);

function assertAllClose(actual: number[], expected: number[], tolerance: number): void {
  assertEquals(actual.length, expected.length);
  actual.forEach((x, i) => assertAlmostEquals(x, expected[i], tolerance * (1 + Math.abs(expected[i]))));
}

/** P, by its action on unit vectors. */
function matrixOf(parameterization: Parameterization, phi: Tensors): number[][] {
  const size = flat(params).length;
  const columns = Array.from({ length: size }, (_, column) =>
    tf.tidy(() => {
      let offset = 0;
      const unit = mapTensors(params, (x) => {
        const values = Array.from({ length: x.size }, (_, i) => Number(offset + i === column));
        offset += x.size;
        return tf.tensor(values, x.shape);
      });
      return flat(parameterization.precondition(phi, unit));
    }));
  return columns[0].map((_, row) => columns.map((column) => column[row]));
}

for (const [name, parameterizationOf] of Object.entries(parameterizations)) {
  const parameterization = parameterizationOf({ learningRate: 0.3 });

  Deno.test(`${name}: P is η₀ I at the start, and keeps names and shapes`, () => {
    tf.tidy(() => {
      const step = parameterization.precondition(parameterization.init(params, model.leaves), direction);
      assertEquals(Object.keys(step), Object.keys(params));
      for (const key of Object.keys(params)) assertEquals(step[key].shape, params[key].shape);
      assertAllClose(flat(step), flat(direction).map((d) => 0.3 * d), 1e-6);
    });
  });

  Deno.test(`${name}: scale(φ, f) multiplies P by f`, () => {
    tf.tidy(() => {
      const phi = perturbed(parameterization, params, model.leaves, stream);
      const before = flat(parameterization.precondition(phi, direction));
      for (const factor of [1, 7, 1e-5]) {
        const after = flat(parameterization.precondition(parameterization.scale(phi, tf.scalar(factor)), direction));
        assertAllClose(after.map((x) => x / factor), before, 2e-5);
      }
    });
  });

  Deno.test(`${name}: P is linear${name.endsWith("free") ? "" : ", symmetric and positive semi-definite"}`, () => {
    const phi = perturbed(parameterization, params, model.leaves, stream), p = matrixOf(parameterization, phi);
    const d = flat(direction), step = tf.tidy(() => flat(parameterization.precondition(phi, direction)));
    assertAllClose(step, p.map((row) => row.reduce((total, x, i) => total + x * d[i], 0)), 1e-5);
    if (name.endsWith("free")) return;
    p.forEach((row, i) => row.forEach((x, j) => assertAlmostEquals(x, p[j][i], 1e-5)));
    const symmetric = p.map((row, i) => row.map((x, j) => (x + p[j][i]) / 2));
    const eigenvalues = new EigenvalueDecomposition(new Matrix(symmetric), { assumeSymmetric: true }).realEigenvalues;
    assert(Math.min(...eigenvalues) > -1e-6, `eigenvalues ${eigenvalues}`);
  });

  Deno.test(`${name}: a step is θ − P d to the bit, on cpu and wasm`, async () => {
    for (const backend of ["cpu", "wasm"] as const) {
      await chooseBackend(backend);
      tf.tidy(() => {
        const phi = perturbed(parameterization, params, model.leaves, stream);
        const update = parameterization.precondition(phi, direction);
        const next = stepped(parameterization, phi, params, direction);
        assertEquals(Object.keys(next), Object.keys(params));
        assertEquals(flat(next), flat(mapTensors(params, (x, key) => tf.sub(x, update[key]))));
      });
    }
    await chooseBackend("cpu");
  });

  Deno.test(`${name}: a learning rate that is not positive is refused by name`, () => {
    for (const learningRate of [0, -1, NaN, Infinity]) {
      assertThrows(() => parameterizationOf({ learningRate }), UserError, `learningRate is ${learningRate}`);
    }
  });
}

Deno.test("kfacStructured: P g = A (S² ⊙ (Aᵀ G B)) Bᵀ, written out element by element", () => {
  const parameterization = kfacStructured(), kernel = { w: normal([3, 2]) };
  const leaves: Leaves = { w: { shape: [3, 2], role: "dense" } };
  const phi = perturbed(parameterization, kernel, leaves, stream);
  const g = normal([3, 2]),
    [a, b, s, gradient] = [phi["A/w"], phi["B/w"], phi["S/w"], g].map((x) => x.arraySync() as number[][]);
  const multiply = (x: number[][], y: number[][]) =>
    x.map((row) => y[0].map((_, j) => row.reduce((t, v, k) => t + v * y[k][j], 0)));
  const transpose = (x: number[][]) => x[0].map((_, j) => x.map((row) => row[j]));
  const inside = multiply(multiply(transpose(a), gradient), b).map((row, i) => row.map((x, j) => x * s[i][j] ** 2));
  const expected = multiply(multiply(a, inside), transpose(b));
  assertAllClose(tf.tidy(() => flat(parameterization.precondition(phi, { w: g }))), expected.flat(), 1e-5);
});

Deno.test("kfacStructured: blocks are the dense form with block-diagonal factors, also where they do not divide", () => {
  const sides: [number, number][] = [[5, 3], [6, 4], [7, 2]];
  for (const [inputs, outputs] of sides) {
    for (const blockSize of [2, 3, 4]) {
      const leaves: Leaves = { w: { shape: [inputs, outputs], role: "dense" } };
      const w = { w: normal([inputs, outputs]) }, blocked = kfacStructured({ blockSize }), dense = kfacStructured();
      const phi = perturbed(blocked, w, leaves, stream);
      const whole = {
        "A/w": blockDiagonal(phi["A/w"], inputs),
        "B/w": blockDiagonal(phi["B/w"], outputs),
        "S/w": phi["S/w"],
      };
      const largest = phi["A/w"].shape[phi["A/w"].rank - 1];
      assert(largest <= blockSize || phi["A/w"].rank === 2, `a block of ${largest}`);
      tf.tidy(() => assertAllClose(flat(blocked.precondition(phi, w)), flat(dense.precondition(whole, w)), 1e-5));
    }
  }
});

/** A stack of blocks [blocks, size, size] as one matrix [n, n]. */
function blockDiagonal(factor: Tensor, n: number): Tensor {
  if (factor.rank === 2) return factor;
  const blocks = factor.arraySync() as number[][][], size = factor.shape[1]!;
  const entry = (i: number, j: number) =>
    Math.floor(i / size) === Math.floor(j / size) ? blocks[Math.floor(i / size)][i % size][j % size] : 0;
  return tf.tensor2d(Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => entry(i, j))));
}

Deno.test("kfacStructured: which factors each role has", () => {
  const leaves: Leaves = {
    words: { shape: [50, 4], role: "embedding" },
    kernel: { shape: [3, 3, 2, 5], role: "conv" },
    bias: { shape: [5], role: "bias" },
    gain: { shape: [1, 5], role: "scale" },
  };
  const shapes = tf.tidy(() => {
    const all = Object.fromEntries(Object.entries(leaves).map(([name, { shape }]) => [name, tf.zeros([...shape])]));
    const phi = kfacStructured().init(all, leaves);
    return Object.fromEntries(Object.entries(phi).map(([name, x]) => [name, x.shape]));
  });
  assertEquals(shapes, {
    "B/words": [4, 4],
    "S/words": [50, 4],
    "A/kernel": [18, 18],
    "B/kernel": [5, 5],
    "S/kernel": [18, 5],
    "S/bias": [5],
    "S/gain": [1, 5],
  });
});

Deno.test("describe: what each parameterization reports", async () => {
  const leaves: Leaves = {
    w: { shape: [2, 2], role: "dense" },
    b: { shape: [2], role: "bias" },
  };
  const near = (actual: Readonly<Record<string, number>>, expected: Record<string, number>) => {
    assertEquals(Object.keys(actual), Object.keys(expected));
    for (const [key, value] of Object.entries(expected)) {
      assertAlmostEquals(actual[key], value, 1e-5 * Math.abs(value), key);
    }
  };
  near(await scalarRate().describe({ rate: tf.scalar(Math.log(0.2)) }), { rate: 0.2 });
  near(await perBlockRates().describe({ "rate/w": tf.scalar(0), "rate/b": tf.scalar(Math.log(3)) }), {
    "rate/w": 1,
    "rate/b": 3,
  });
  near(await diagonal().describe({ "s/w": tf.tensor2d([[1, 2], [3, -4]]), "s/b": tf.tensor1d([5, 6]) }), {
    "P min": 1,
    "P median": (9 + 16) / 2,
    "P max": 36,
  });
  const phi = {
    ...tf.tidy(() => kfacStructured({ learningRate: 4 }).init({ w: tf.zeros([2, 2]), b: tf.zeros([2]) }, leaves)),
    "A/w": tf.tensor2d([[2, 0], [0, 8]]),
  };
  near(await kfacStructured().describe(phi), {
    "A condition": 4,
    "A trace/n": 5,
    "B condition": 1,
    "B trace/n": 1,
    "S² min": 4,
    "S² median": 4,
    "S² max": 4,
  });
  near(await fullMatrix().describe({ L: tf.tensor2d([[1, 0], [0, 3]]) }), { "P condition": 9, "P trace/n": 5 });
  near(await fullMatrix({ free: true }).describe({ P: tf.tensor2d([[1, 0], [0, 3]]) }), {
    "P condition": 3,
    "P trace/n": 2,
  });
});

Deno.test("describe of blocks counts what lies inside the kernel only", async () => {
  const leaves: Leaves = { w: { shape: [5, 1], role: "dense" } };
  const parameterization = kfacStructured({ blockSize: 3 });
  const phi = tf.tidy(() => {
    const start = parameterization.init({ w: tf.zeros([5, 1]) }, leaves); // blocks [2, 3, 3]; the sixth row is padding
    const inside = tf.tensor1d([7, 7, 7, 7, 7, 1]);
    return { ...start, "A/w": tf.mul(start["A/w"], tf.reshape(inside, [2, 3, 1])) };
  });
  const learned = await parameterization.describe(phi);
  assertAlmostEquals(learned["A condition"], 1, 1e-5);
  assertAlmostEquals(learned["A trace/n"], 7, 1e-5);
});

Deno.test("conditionNumber is the ratio of extreme singular values", () => {
  for (const n of [1, 2, 5, 17, 32]) {
    for (const skew of [0.1, 0.9]) { // from near the identity to ill-conditioned
      const rows = Array.from(
        { length: n },
        (_, i) => Array.from({ length: n }, (_, j) => Number(i === j) + skew * stream.normal()),
      );
      const singular = new SingularValueDecomposition(new Matrix(rows)).diagonal;
      const expected = Math.max(...singular) / Math.min(...singular);
      if (expected > 1e4) continue;
      assertAlmostEquals(conditionNumber(rows.flat(), n), expected, 1e-4 * expected, `n = ${n}`);
    }
  }
});

Deno.test("conditionNumber: the identity, and beyond 32 rows a lower bound that is not far off", () => {
  const n = 60, identity = Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0));
  assertAlmostEquals(conditionNumber(identity, n), 1, 1e-9);
  const spectrum = identity.map((x, i) => x === 1 ? 1 + 9 * Math.floor(i / n) / (n - 1) : 0); // 1 … 10
  const estimate = conditionNumber(spectrum, n);
  assert(estimate > 9 && estimate <= 10 + 1e-9, `${estimate}`);
});

Deno.test("fullMatrix refuses a matrix that nobody can hold", () => {
  const large = { w: tf.zeros([50, 50]) };
  assertThrows(() => fullMatrix().init(large, {}), UserError, "2500 parameters");
  large.w.dispose();
});

Deno.test("precondition, scale and init leave no tensors behind within a tidy", () => {
  for (const [name, parameterizationOf] of Object.entries(parameterizations)) {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const parameterization = parameterizationOf(), phi = parameterization.init(params, model.leaves);
      parameterization.precondition(parameterization.scale(phi, tf.scalar(2)), direction);
    });
    assertEquals(tf.memory().numTensors, before, name);
  }
});
