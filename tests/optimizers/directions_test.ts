/** Directions beyond what the recorded torch trajectories cover: chain, clipping, weight decay. */
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  adam,
  amortize,
  chain,
  clipByGlobalNorm,
  type Direction,
  fixedRate,
  gradient,
  momentum,
  rmsprop,
  scalarRate,
  type Tensors,
} from "../../mod.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { disposeTree } from "../../runtime/tree.ts";
import { clusters, numbers, start, train } from "./tiny_task.ts";

await chooseBackend("cpu");

const params = { w: tf.tensor2d([[0, 0]]), b: tf.tensor1d([0]) };
const gradients = [[3, 0, 4], [-1, 2, 2], [0.1, 0.2, 0.2]].map(([w1, w2, b]) => ({
  w: tf.tensor2d([[w1, w2]]),
  b: tf.tensor1d([b]),
}));

/** What a direction makes of the gradients one after another. */
function directions(direction: Direction): number[][] {
  return tf.tidy(() => {
    let state = direction.init(params);
    return gradients.map((g, step) => {
      const next = direction.next(g, state, params, { step, seed: 0 });
      state = next.state;
      return flat(next.direction);
    });
  });
}
const flat = (tensors: Tensors): number[] => Object.values(tensors).flatMap((x) => [...x.dataSync()]);
function assertAllClose(actual: number[][], expected: number[][]): void {
  actual.flat().forEach((x, i) => assertAlmostEquals(x, expected.flat()[i], 2e-6 * (1 + Math.abs(expected.flat()[i]))));
}

Deno.test("clipByGlobalNorm scales what is longer, and leaves what is shorter", () => {
  const [first, second, third] = directions(clipByGlobalNorm(2.5));
  assertAllClose([first, second, third], [[1.5, 0, 2], [-5 / 6, 5 / 3, 5 / 3], [0.1, 0.2, 0.2]]);
});

Deno.test("chain: each link sees what the one before it gives, and keeps a state of its own", () => {
  const clipped = [[0.6, 0, 0.8], [-1 / 3, 2 / 3, 2 / 3], [0.1, 0.2, 0.2]];
  const velocity: number[][] = [];
  clipped.forEach((g, t) => velocity.push(g.map((x, i) => x + 0.5 * (velocity[t - 1]?.[i] ?? 0))));
  assertAllClose(directions(chain(clipByGlobalNorm(1), momentum({ decay: 0.5 }))), velocity);
  // the other way round the momentum is clipped
  const raw: number[][] = [];
  [[3, 0, 4], [-1, 2, 2], [0.1, 0.2, 0.2]].forEach((g, t) =>
    raw.push(g.map((x, i) => x + 0.5 * (raw[t - 1]?.[i] ?? 0)))
  );
  const limited = raw.map((v) => v.map((x) => x / Math.max(1, Math.hypot(...v))));
  assertAllClose(directions(chain(momentum({ decay: 0.5 }), clipByGlobalNorm(1))), limited);
});

Deno.test("a chain of one or none is its link or the gradient", () => {
  assertEquals(directions(chain(momentum())), directions(momentum()));
  assertEquals(directions(chain()), directions(gradient()));
});

Deno.test("directions know their momentum, from which the default λ_FSD follows", () => {
  assertEquals([gradient().momentum ?? 0, rmsprop().momentum ?? 0, momentum().momentum, adam().momentum], [
    0,
    0,
    0.9,
    0.9,
  ]);
  assertEquals(chain(clipByGlobalNorm(1), adam({ decay1: 0.8 })).momentum, 0.8);
});

Deno.test("Adam's first direction is the gradient's sign, whatever its scale; RMSprop's is 10 times that", () => {
  const base = adam(), square = rmsprop();
  for (const scale of [1e-4, 1, 1e6]) {
    tf.tidy(() => {
      const g = { w: tf.tensor2d([[2 * scale, -3 * scale]]), b: tf.tensor1d([scale]) };
      flat(base.next(g, base.init(params), params, { step: 0, seed: 0 }).direction).forEach((x, i) =>
        assertAlmostEquals(x, [1, -1, 1][i], 1e-3)
      );
      flat(square.next(g, square.init(params), params, { step: 0, seed: 0 }).direction).forEach((x, i) =>
        assertAlmostEquals(x, [10, -10, 10][i], 1e-2)
      );
    });
  }
});

Deno.test("nesterov looks ahead along the momentum: d = g + β m", () => {
  const heavy = directions(momentum({ decay: 0.5 })), ahead = directions(momentum({ decay: 0.5, nesterov: true }));
  const g = gradients.map(flat);
  assertAllClose(ahead, heavy.map((m, t) => m.map((x, i) => g[t][i] + 0.5 * x)));
});

Deno.test("a maximal norm that is not positive is refused", () => {
  for (const maxNorm of [0, -1, NaN]) assertThrows(() => clipByGlobalNorm(maxNorm), UserError, `maxNorm is ${maxNorm}`);
});

Deno.test("decoupled weight decay: θ ← θ − η (d + weightDecay θ) for kernels, for fixed rates and with a learned P", async () => {
  const task = clusters(2), rate = 0.1, weightDecay = 0.3;
  const direction = () => chain(clipByGlobalNorm(1), momentum());
  const plain = fixedRate({ problem: task.problem, direction: direction(), learningRate: rate });
  const decayed = fixedRate({ problem: task.problem, direction: direction(), learningRate: rate, weightDecay });
  const learned = amortize({
    problem: task.problem,
    direction: direction(),
    parameterization: scalarRate({ learningRate: rate }),
    weightDecay,
    meta: { every: 1_000_000, early: 0, search: false },
  });
  const before = numbers((await start(plain, task)).params);
  const after = async (optimizer: typeof plain | typeof learned, from = 1) => {
    // a meta step falls on step 0 only, so that P is rate · I here
    const { carry } = train(optimizer as typeof plain, task, await start(optimizer as typeof plain, task), {
      from,
      to: from + 1,
    });
    const values = numbers(carry.params);
    disposeTree(carry);
    return values;
  };
  const [without, withDecay, withLearned] = [await after(plain), await after(decayed), await after(learned)];
  for (const name of Object.keys(before)) {
    before[name].forEach((x, i) => {
      const expected = without[name][i] - (name.endsWith("/kernel") ? rate * weightDecay * x : 0);
      assertAlmostEquals(withDecay[name][i], expected, 1e-6);
      assertAlmostEquals(withLearned[name][i], expected, 1e-6);
    });
  }
  task.dispose();
});
