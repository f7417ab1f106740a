/** The composed objective and the theorem's quadratic. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { inference, mlp, type Tensor, type Tensors, trainingMode } from "../../models/mod.ts";
import {
  crossEntropy,
  gaussian,
  kl,
  objectiveGradients,
  quadraticObjective,
  softmax,
  weightNorm,
} from "../../proximal/mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { chanceOf } from "../../runtime/chance.ts";
import { UserError } from "../../runtime/errors.ts";
import { random, randomTensor } from "../../runtime/random.ts";
import { mapTensors } from "../../runtime/tree.ts";

await chooseBackend("cpu");

const model = mlp([3, 4, 2], { activation: "tanh" });
const problem = { model, output: softmax() };
const stream = random(1, "objective test");
const normal = (shape: number[]) => randomTensor(shape, () => stream.normal());
const { params } = model.init(1);
const lookahead = mapTensors(params, (x) => tf.tidy(() => tf.add(x, tf.mul(normal(x.shape), 0.3))));
const batchOf = (size: number) => ({
  inputs: { x: normal([size, 3]) },
  targets: tf.tensor1d(Array.from({ length: size }, () => stream.integer(2)), "int32"),
});
const point = { params, lookahead, buffers: {}, batch: batchOf(6), metaBatch: batchOf(4), mode: inference };
const number = (tensor: Tensor): number => tensor.dataSync()[0];

Deno.test("objectiveGradients: the parts are the terms, and sum to the total", () => {
  tf.tidy(() => {
    const { parts, reference, outputs: ahead } = objectiveGradients(
      problem,
      { lambdaFsd: 1.5, lambdaWsd: 0.25 },
      point,
    );
    const outputs = (at: Tensors, batch: typeof point.batch) => model.apply(at, {}, batch.inputs, inference).outputs;
    assertEquals(number(parts.loss), number(crossEntropy(outputs(lookahead, point.batch), point.batch.targets)));
    const fsd = kl(outputs(lookahead, point.metaBatch), outputs(params, point.metaBatch));
    assertEquals(number(parts.fsd), number(fsd));
    assertEquals(number(parts.wsd), number(weightNorm(lookahead, params)));
    assertAlmostEquals(
      number(parts.total),
      number(parts.loss) + 1.5 * number(parts.fsd) + 0.25 * number(parts.wsd),
      1e-6,
    );
    assertEquals(reference.dataSync(), outputs(params, point.metaBatch).dataSync());
    assertEquals(ahead.dataSync(), outputs(lookahead, point.metaBatch).dataSync());
  });
});

Deno.test("objectiveGradients: each part's gradient is its slope, by central differences", () => {
  const lambdas = { lambdaFsd: 1.5, lambdaWsd: 0.25 }, step = 1e-2;
  tf.tidy(() => {
    const { gradients } = objectiveGradients(problem, lambdas, point);
    for (const name of Object.keys(params)) {
      const along = normal(params[name].shape);
      const at = (t: number) => {
        const moved = { ...lookahead, [name]: tf.add(lookahead[name], tf.mul(along, t)) };
        const { parts } = objectiveGradients(problem, lambdas, { ...point, lookahead: moved });
        const discrepancy = 1.5 * number(parts.fsd) + 0.25 * number(parts.wsd);
        return { loss: number(parts.loss), discrepancy, total: number(parts.total) };
      };
      const up = at(step), down = at(-step);
      for (const part of ["loss", "discrepancy", "total"] as const) {
        const slope = number(tf.sum(tf.mul(gradients[part][name], along)));
        // truncation h²/6 f‴ and rounding 1e-7/h are both below 1e-4
        assertAlmostEquals(slope, (up[part] - down[part]) / (2 * step), 5e-4, `${part} ${name}`);
      }
    }
  });
});

Deno.test("objectiveGradients: λ as tensors is λ as numbers, also at 0", () => {
  for (const [lambdaFsd, lambdaWsd] of [[1.5, 0.25], [0, 0], [2, 0]]) {
    tf.tidy(() => {
      const numbers = objectiveGradients(problem, { lambdaFsd, lambdaWsd }, point);
      const tensors = objectiveGradients(
        problem,
        { lambdaFsd: tf.scalar(lambdaFsd), lambdaWsd: tf.scalar(lambdaWsd) },
        point,
      );
      assertEquals(number(numbers.parts.total), number(tensors.parts.total));
      for (const name of Object.keys(params)) {
        assertEquals(numbers.gradients.total[name].dataSync(), tensors.gradients.total[name].dataSync());
      }
    });
  }
});

Deno.test("objectiveGradients: at u = θ the discrepancies and their gradients are exactly 0", () => {
  tf.tidy(() => {
    const mode = trainingMode(chanceOf(1, 2));
    const { parts, gradients } = objectiveGradients(problem, { lambdaFsd: 3, lambdaWsd: 2 }, {
      ...point,
      lookahead: params,
      mode,
    });
    assertEquals([number(parts.fsd), number(parts.wsd)], [0, 0]);
    for (const gradient of Object.values(gradients.discrepancy)) assert(gradient.dataSync().every((x) => x === 0));
  });
});

Deno.test("objectiveGradients: inside another gradient it throws instead of being silently wrong", () => {
  tf.tidy(() => {
    const total = (t: Tensor) => {
      const moved = mapTensors(lookahead, (x) => tf.mul(x, t));
      return objectiveGradients(problem, { lambdaFsd: 1, lambdaWsd: 0 }, { ...point, lookahead: moved }).parts
        .total as tf.Scalar;
    };
    assertThrows(() => tf.grad(total)(tf.scalar(1)), UserError, "inside a function whose gradient");
  });
});

Deno.test("objectiveGradients: the weights of each batch mask its own term", () => {
  tf.tidy(() => {
    const regression = { model, output: gaussian() };
    const targets = normal([6, 2]), keep = tf.tensor1d([1, 1, 1, 0, 0, 0]);
    const batch = { inputs: point.batch.inputs, targets, weights: keep };
    const metaBatch = { ...point.metaBatch, targets: normal([4, 2]), weights: tf.tensor1d([1, 1, 0, 0]) };
    const cut = (x: Tensor, count: number) => tf.slice(x, 0, count);
    const masked = objectiveGradients(regression, { lambdaFsd: 1, lambdaWsd: 0 }, { ...point, batch, metaBatch });
    const short = objectiveGradients(regression, { lambdaFsd: 1, lambdaWsd: 0 }, {
      ...point,
      batch: { inputs: { x: cut(batch.inputs.x, 3) }, targets: cut(targets, 3) },
      metaBatch: { inputs: { x: cut(metaBatch.inputs.x, 2) }, targets: cut(metaBatch.targets, 2) },
    });
    assertAlmostEquals(number(masked.parts.loss), number(short.parts.loss), 1e-6);
    assertAlmostEquals(number(masked.parts.fsd), number(short.parts.fsd), 1e-6);
  });
});

Deno.test("quadraticObjective: value, gradient by central differences in float64, and the theorem's minimum", () => {
  const n = 3, count = 7, lambdas = { lambdaFsd: 2, lambdaWsd: 0.5 };
  tf.tidy(() => {
    const gradients = normal([count, n]), root = normal([n, n]), p = normal([n, n]);
    const curvature = tf.matMul(root, root, false, true);
    const { hessian, value, gradient } = quadraticObjective(gradients, curvature, lambdas);
    const g = gradients.arraySync() as number[][], c = curvature.arraySync() as number[][];
    const h = c.map((row, i) => row.map((x, j) => lambdas.lambdaFsd * x + (i === j ? lambdas.lambdaWsd : 0)));
    /** E[−gᵀPg + ½ (Pg)ᵀ H Pg], gradient by gradient. */
    const exact = (matrix: number[][]) => {
      const times = (m: number[][], v: number[]) => m.map((row) => row.reduce((total, x, i) => total + x * v[i], 0));
      const dot = (a: number[], b: number[]) => a.reduce((total, x, i) => total + x * b[i], 0);
      return g.reduce((total, v) => {
        const step = times(matrix, v);
        return total - dot(v, step) + 0.5 * dot(step, times(h, step));
      }, 0) / count;
    };
    const matrix = p.arraySync() as number[][];
    assertAlmostEquals(number(value(p)), exact(matrix), 1e-5 * (1 + Math.abs(exact(matrix))));
    const slopes = gradient(p).arraySync() as number[][];
    matrix.forEach((row, i) =>
      row.forEach((_, j) => {
        const moved = (t: number) => exact(matrix.map((r, a) => r.map((x, b) => a === i && b === j ? x + t : x)));
        assertAlmostEquals(slopes[i][j], (moved(1e-4) - moved(-1e-4)) / 2e-4, 1e-4);
      })
    );
    const inverse = tf.tensor2d(invert(hessian.arraySync() as number[][]));
    assert(Math.max(...gradient(inverse).dataSync().map(Math.abs)) < 1e-4);
  });
});

/** Gauss–Jordan, for the three-by-three matrix above. */
function invert(matrix: number[][]): number[][] {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => i === j ? 1 : 0)]);
  for (let i = 0; i < n; i++) {
    rows[i] = rows[i].map((x) => x / rows[i][i]);
    for (let k = 0; k < n; k++) if (k !== i) rows[k] = rows[k].map((x, j) => x - rows[k][i] * rows[i][j]);
  }
  return rows.map((row) => row.slice(n));
}
