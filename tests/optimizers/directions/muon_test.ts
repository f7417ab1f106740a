/** Muon: the direction of a kernel has its gradient's singular vectors, and singular values near 1. */
import { assert, assertEquals, assertGreater, assertLess, assertThrows } from "@std/assert";
import { Matrix, SingularValueDecomposition } from "ml-matrix";
import * as tf from "@tensorflow/tfjs";
import { type Leaf, type Leaves, momentum, muon, type Role, type Tensor, type Tensors } from "../../../mod.ts";
import { type BackendName, chooseBackend } from "../../../runtime/backend.ts";
import { UserError } from "../../../runtime/errors.ts";
import { random, randomTensor } from "../../../runtime/random.ts";
import { mapTensors } from "../../../runtime/tree.ts";

await chooseBackend("wasm");

const stream = random(1, "muon"), normal = (shape: number[]) => randomTensor(shape, () => stream.normal());
const at = { step: 0, seed: 0 };

/** The directions of some gradients, one after another. */
function follow(gradients: Tensors[], leaves: Leaves = {}, of = muon({ leaves })): Tensors[] {
  let state = of.init(gradients[0]);
  return gradients.map((gradient, step) => {
    const next = of.next(gradient, state, gradients[0], { ...at, step });
    state = next.state;
    return next.direction;
  });
}
const first = (g: Tensor, leaf?: Leaf): Tensor => follow([{ w: g }], leaf ? { w: leaf } : {})[0].w;
const matrixOf = (x: Tensor, rows: number, columns: number) => Matrix.from1DArray(rows, columns, [...x.dataSync()]);
const singular = (m: Matrix) => new SingularValueDecomposition(m, { autoTranspose: true });

for (const backend of ["cpu", "wasm"] as BackendName[]) {
  Deno.test(`${backend}: tall, wide and square kernels get singular values between 0.6 and 1.3 of the scale`, async () => {
    await chooseBackend(backend);
    for (const [rows, columns] of [[40, 7], [7, 40], [25, 25], [1, 12], [12, 1], [1, 1], [64, 48]]) {
      tf.tidy(() => {
        const g = normal([rows, columns]), d = matrixOf(first(g), rows, columns);
        const scale = Math.sqrt(Math.max(1, columns / rows));
        const values = singular(d).diagonal.map((value) => value / scale);
        assert(values.every((value) => value > 0.6 && value < 1.3), `${rows} × ${columns}: ${values}`);
        // U and V are the gradient's: the direction turned into its bases is diagonal
        const { leftSingularVectors: U, rightSingularVectors: V } = singular(matrixOf(g, rows, columns));
        const turned = U.transpose().mmul(d).mmul(V), side = Math.min(rows, columns);
        for (let i = 0; i < side; i++) turned.set(i, i, 0);
        assertLess(turned.norm(), 2e-3 * d.norm());
      });
    }
    await chooseBackend("wasm");
  });
}

Deno.test("singular values a thousand times apart come near each other, at gradients of any scale", () => {
  tf.tidy(() => {
    for (const scale of [1e-3, 1, 1e6]) {
      const d = first(tf.diag(tf.tensor1d([1, 0.1, 0.01, 1e-3].map((x) => scale * x))));
      const values = [...tf.sum(d, 0).dataSync()];
      assert(values.slice(0, 3).every((x) => x > 0.6 && x < 1.3), `${values}`);
      assertGreater(values[3], 0.4);
    }
  });
});

Deno.test("rank 1: the other singular values stay at 0", () => {
  tf.tidy(() => {
    const d = matrixOf(first(tf.matMul(normal([9, 1]), normal([1, 5]))), 9, 5);
    const values = singular(d).diagonal.sort((a, b) => b - a);
    assert(values[0] > 0.6 && values[0] < 1.3 && values[1] < 1e-4, `${values}`);
  });
});

Deno.test("a convolution's kernel is the matrix from its window and input channels to its filters", () => {
  tf.tidy(() => {
    const shape = [3, 2, 4, 5], g = normal(shape), leaf = { layer: "conv1", shape, role: "conv" as const };
    assertEquals(first(g, leaf).shape, shape);
    assertEquals([...first(g, leaf).dataSync()], [...first(tf.reshape(g, [24, 5])).dataSync()]);
  });
});

Deno.test("biases, scales and embeddings have the momentum, whatever their shape", () => {
  const roles: [Role, number[]][] = [["bias", [6]], ["bias", [2, 3]], ["scale", [6]], ["embedding", [7, 3]]];
  for (const [role, shape] of roles) {
    tf.tidy(() => {
      const gradients = [0, 1, 2].map(() => ({ w: normal(shape) })), leaves = { w: { layer: "l", shape, role } };
      const ours = follow(gradients, leaves), heavy = momentum({ decay: 0.95 });
      const expected = follow(gradients, {}, heavy as never);
      ours.forEach(({ w }, i) => assertEquals([...w.dataSync()], [...expected[i].w.dataSync()], role));
    });
  }
});

Deno.test("without leaves, what has two axes and more is a kernel and the rest is not", () => {
  tf.tidy(() => {
    const [bias, kernel] = [normal([5]), normal([5, 4])];
    assertEquals([...first(bias).dataSync()], [...bias.dataSync()]);
    assertGreater(tf.norm(tf.sub(first(kernel), kernel)).dataSync()[0], 0.1);
  });
});

Deno.test("a gradient of 0 gives 0 and no NaN, and what comes after it is as if it had not been", () => {
  tf.tidy(() => {
    const zero = { w: tf.zeros([4, 3]), b: tf.zeros([3]) }, g = { w: normal([4, 3]), b: normal([3]) };
    const [before, after] = follow([zero, g]);
    for (const x of Object.values(before)) assert(x.dataSync().every((value) => value === 0));
    const [alone] = follow([g]);
    for (const name of ["w", "b"]) assertEquals([...after[name].dataSync()], [...alone[name].dataSync()]);
  });
});

Deno.test("Nesterov: the second direction is that of g + β (β g₀ + g)", () => {
  tf.tidy(() => {
    const g = [normal([4, 6]), normal([4, 6])], [, second] = follow(g.map((w) => ({ w })));
    const ahead = tf.add(g[1], tf.mul(tf.add(tf.mul(g[0], 0.95), g[1]), 0.95));
    const expected = first(tf.div(ahead, 1.95)); // the scale is no matter
    assertLess(tf.max(tf.abs(tf.sub(second.w, expected))).dataSync()[0], 1e-4);
  });
});

Deno.test("turned gradients give turned directions", () => {
  tf.tidy(() => {
    const g = normal([6, 4]), q = tf.linalg.gramSchmidt(normal([6, 6]) as tf.Tensor2D) as tf.Tensor2D;
    const turned = first(tf.matMul(q, g as tf.Tensor2D)), expected = tf.matMul(q, first(g) as tf.Tensor2D);
    assertLess(tf.max(tf.abs(tf.sub(turned, expected))).dataSync()[0], 1e-3);
  });
});

Deno.test("bad arguments are named with their value; the state is as the parameters", () => {
  for (const decay of [1, -0.1, NaN]) assertThrows(() => muon({ decay }), UserError, `decay is ${decay}`);
  tf.tidy(() => {
    const params = { w: normal([2, 3]), b: normal([3]) }, { momentum } = muon().init(params);
    assertEquals(Object.keys(mapTensors(momentum, (x) => x)), ["w", "b"]);
  });
});
