/** Shampoo against float64, in blocks and whole; gradients of 0, dead inputs, and steps between roots. */
import { assert, assertEquals, assertLess, assertNotEquals, assertThrows } from "@std/assert";
import { Matrix } from "ml-matrix";
import * as tf from "@tensorflow/tfjs";
import { shampoo, type ShampooOptions, type ShampooState, type Tensor, type Tensors } from "../../../mod.ts";
import { type BackendName, chooseBackend } from "../../../runtime/backend.ts";
import { UserError } from "../../../runtime/errors.ts";
import { type Random, random } from "../../../runtime/random.ts";
import { flatten } from "../../../runtime/tree.ts";
import { webgpuTest } from "../../runtime/webgpu_test_case.ts";
import { normal, ofEigenvalues, relativeError } from "../../runtime/linear_algebra/matrices.ts";

await chooseBackend("wasm");

const tensor = (m: Matrix): Tensor => tf.tensor2d(m.to2DArray());
const matrixOf = ([rows, columns]: number[], values: ArrayLike<number>) =>
  Matrix.from1DArray(rows, columns, Array.from(values));

/** The directions and states of gradients of one kernel `w`, one after another. */
function follow(
  gradients: readonly Matrix[],
  options: ShampooOptions = {},
  shape?: number[],
): { directions: Tensor[]; states: ShampooState[] } {
  const of = shampoo(options),
    as = (m: Matrix): Tensors => ({ w: tf.reshape(tensor(m), shape ?? [m.rows, m.columns]) });
  let state = of.init(as(gradients[0]));
  const directions: Tensor[] = [], states: ShampooState[] = [];
  gradients.forEach((g, step) => {
    const next = of.next(as(g), state, as(g), { step, seed: 0 });
    state = next.state;
    directions.push(next.direction.w);
    states.push(state);
  });
  return { directions, states };
}

/** L^(−1/4) G R^(−1/4), or of one column (ε I + Σ g gᵀ)^(−1/2) g, with the ridge of the roots. */
function reference(gradients: readonly Matrix[], epsilon: number, vector = false): Matrix[] {
  const { rows, columns } = gradients[0], L = Matrix.eye(rows).mul(epsilon), R = Matrix.eye(columns).mul(epsilon);
  const root = (m: Matrix, p: number) => ofEigenvalues(m, (value) => (value + 2e-7 * m.norm()) ** (-1 / p));
  return gradients.map((g) => {
    L.add(g.mmul(g.transpose()));
    R.add(g.transpose().mmul(g));
    return vector ? root(L, 2).mmul(g) : root(L, 4).mmul(g).mmul(root(R, 4));
  });
}

const several = (rows: number, columns: number, stream: Random, count = 6) =>
  Array.from({ length: count }, () => normal(rows, columns, stream));

function assertFollows(
  gradients: Matrix[],
  expected: Matrix[],
  options: ShampooOptions,
  tolerance: number,
  shape?: number[],
): void {
  tf.tidy(() =>
    follow(gradients, options, shape).directions.forEach((d, step) => {
      const { rows, columns } = gradients[0];
      assertLess(relativeError(matrixOf([rows, columns], d.dataSync()), expected[step]), tolerance, `step ${step}`);
    })
  );
}

for (const backend of ["cpu", "wasm"] as BackendName[]) {
  Deno.test(`${backend}: kernels, convolutions and vectors are as in float64`, async () => {
    await chooseBackend(backend);
    const stream = random(1, "shampoo"), epsilon = 1e-3;
    for (const [rows, columns] of [[5, 3], [3, 5], [4, 4], [12, 1]]) {
      const gradients = several(rows, columns, stream);
      assertFollows(gradients, reference(gradients, epsilon), { epsilon }, 2e-4);
    }
    const conv = several(24, 5, stream);
    assertFollows(conv, reference(conv, epsilon), { epsilon }, 2e-4, [3, 2, 4, 5]);
    const bias = several(7, 1, stream);
    assertFollows(bias, reference(bias, epsilon, true), { epsilon }, 2e-4, [7]);
    await chooseBackend("wasm");
  });
}

Deno.test("blocks: each is a kernel of its own; one that holds all is no block", () => {
  const stream = random(3, "blocks"), gradients = several(6, 4, stream), epsilon = 1e-3;
  const part = (m: Matrix, i: number, j: number) => m.subMatrix(3 * i, 3 * i + 2, 2 * j, 2 * j + 1);
  const blocks = [0, 1].map((i) => [0, 1].map((j) => reference(gradients.map((g) => part(g, i, j)), epsilon)));
  const expected = gradients.map((_, step) => {
    const whole = Matrix.zeros(6, 4);
    blocks.forEach((row, i) => row.forEach((block, j) => whole.setSubMatrix(block[step], 3 * i, 2 * j)));
    return whole;
  });
  const whole = reference(gradients, epsilon);
  assertFollows(gradients, expected, { epsilon, blockSize: 3 }, 2e-4);
  for (const blockSize of [6, 7, 100]) assertFollows(gradients, whole, { epsilon, blockSize }, 2e-4);
  assert(relativeError(expected[5], whole[5]) > 0.05); // or blocks would not show
});

Deno.test("blocks that reach beyond the matrix: what is beyond changes nothing", () => {
  const stream = random(4, "uneven"), gradients = several(5, 1, stream), epsilon = 1e-3;
  const first = reference(gradients.map((g) => g.subMatrix(0, 2, 0, 0)), epsilon, true);
  const last = reference(gradients.map((g) => g.subMatrix(3, 4, 0, 0)), epsilon, true);
  const expected = gradients.map((_, step) =>
    Matrix.columnVector([...first[step].to1DArray(), ...last[step].to1DArray()])
  );
  assertFollows(gradients, expected, { epsilon, blockSize: 4 }, 2e-4, [5]);
});

Deno.test("gradients of 0 at first, dead rows and dead columns: finite, and 0 where the gradient is", () => {
  tf.tidy(() => {
    const stream = random(5, "dead"), zero = Matrix.zeros(6, 4), alive = several(6, 4, stream, 20);
    const dead = alive.map((g) => g.clone().setRow(2, [0, 0, 0, 0]).setColumn(1, Array(6).fill(0)));
    const { directions, states } = follow([zero, zero, zero, ...dead], { every: 4, blockSize: 4 });
    for (const [step, d] of directions.entries()) {
      const m = matrixOf([6, 4], d.dataSync());
      assert(m.to1DArray().every(Number.isFinite), `step ${step}`);
      if (step < 3) assertEquals(m.norm(), 0);
      else {
        assert(m.norm() > 0.1 && m.norm() < 10, `${m.norm()}`);
        assertLess(Math.hypot(...m.getRow(2), ...m.getColumn(1)), 1e-4 * m.norm());
      }
    }
    assert(Object.values(flatten(states[22])).every((x) => x.dataSync().every(Number.isFinite)));
  });
});

Deno.test("gradients from 1e-12 to 1e12 and a tiny ε: finite, and of the size of the first step", () => {
  tf.tidy(() => {
    for (const scale of [1e-12, 1, 1e12]) {
      const gradients = several(5, 3, random(6, "scales"), 4).map((g) => g.mul(scale));
      const { directions } = follow(gradients, { epsilon: 1e-30 });
      for (const d of directions) {
        const norm = tf.norm(d).dataSync()[0];
        assert(norm > 0.3 && norm < 3, `${scale}: ${norm}`);
      }
    }
  });
});

Deno.test("roots are taken at each of the first steps, then at the multiples of `every`", () => {
  tf.tidy(() => {
    const every = 4, { states } = follow(several(3, 3, random(7, "every"), 13), { every });
    const numbers = (step: number) => [states[step].leftRoot.w, states[step].rightRoot.w].map((x) => [...x.dataSync()]);
    for (let step = 1; step < 13; step++) {
      if (step < every || step % every === 0) assertNotEquals(numbers(step), numbers(step - 1), `step ${step}`);
      else assertEquals(numbers(step), numbers(step - 1), `step ${step}`);
      assertNotEquals([...states[step].left.w.dataSync()], [...states[step - 1].left.w.dataSync()]);
    }
  });
});

Deno.test("bad arguments are named with their value", () => {
  assertThrows(() => shampoo({ epsilon: 0 }), UserError, "epsilon is 0");
  assertThrows(() => shampoo({ every: 0 }), UserError, "every is 0");
  assertThrows(() => shampoo({ blockSize: 1.5 }), UserError, "blockSize is 1.5");
});

webgpuTest("webgpu: a kernel, on the device alone", async () => {
  const gradients = several(3, 2, random(2, "shampoo"), 2), [, expected] = reference(gradients, 1e-3);
  const { directions: [, second] } = tf.tidy(() => ({ directions: follow(gradients, { epsilon: 1e-3 }).directions }));
  assertLess(relativeError(matrixOf([3, 2], await second.data()), expected), 2e-3);
  second.dispose();
});
