/** The brake on the size of P. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { amortize, braked, gradient, type MetaEvidence, type MetaOptimizer } from "../../../mod.ts";
import { inference } from "../../../models/mode.ts";
import { metaObjective } from "../../../optimizers/amortizer/meta_objective.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { mapTensors } from "../../../runtime/tree.ts";
import { parameterizations } from "../every_parameterization.ts";
import { clusters, numbers, scalar, start, train } from "../tiny_task.ts";

await chooseBackend("cpu");

/** Adds 1 to each number of φ. */
const adding: MetaOptimizer = {
  init: () => ({}),
  next: ({ finite }, phi, state) => ({
    phi: mapTensors(phi, (x) => tf.add(x, 1)),
    state,
    gradientNorm: tf.scalar(0),
    finite,
  }),
};

/** Evidence with ∂Q/∂log s and ⟨g, P d⟩, for φ that are P itself. */
function evidence(
  { slope, promised, sound = true, early = true }: {
    slope: number;
    promised: number;
    sound?: boolean;
    early?: boolean;
  },
): MetaEvidence {
  const gradient = {}, lookaheadGradient = {};
  return {
    step: tf.scalar(0),
    at: { step: 0, seed: 0 },
    early,
    gradient,
    direction: {},
    lookaheadGradient,
    sound: tf.tensor(sound, [], "bool"),
    finite: tf.tensor(true, [], "bool"),
    pullback: () => ({}),
    along: (cotangent) => tf.scalar(cotangent === lookaheadGradient ? slope : -promised),
    scaled: (phi, factor) => mapTensors(phi, (x) => tf.mul(x, factor)),
  };
}

Deno.test("braked: P shrinks by 0.05 clip((a + b)/M − 1, 0, 10), after its own step", () => {
  tf.tidy(() => {
    const learner = braked(adding), phi = { p: tf.scalar(2) };
    for (
      const [slope, braking] of [[-9, 0], [0, 0], [3, 0], [6, 0.05], [30, 0.45], [33, 0.5], [1e6, 0.5], [NaN, 0.5]]
    ) {
      const next = learner.next(evidence({ slope, promised: 3 }), phi, learner.init(phi));
      assertAlmostEquals(scalar(next.phi, "p"), 3 * Math.exp(-braking), 1e-5, `${slope}`);
    }
  });
});

Deno.test("braked: the promised progress is an average, from 0, of its size", () => {
  tf.tidy(() => {
    const learner = braked(adding), phi = { p: tf.scalar(2) };
    const { state } = learner.next(evidence({ slope: 0, promised: -1 }), phi, learner.init(phi));
    const m = (0.8 * 0.2 * 1 + 0.2 * 4) / (1 - 0.8 ** 2); // both steps with their weights
    const next = learner.next(evidence({ slope: 3 * m, promised: 4 }), phi, state);
    assertAlmostEquals(scalar(next.phi, "p"), 3 * Math.exp(-0.05 * 2), 1e-5);
  });
});

Deno.test("braked: without a sound start, without progress, and after the early meta steps it does nothing", () => {
  tf.tidy(() => {
    const learner = braked(adding), phi = { p: tf.scalar(2) };
    const before = learner.next(evidence({ slope: 1, promised: 3 }), phi, learner.init(phi));
    const far = { slope: 1e3, promised: 3 };
    for (const given of [{ ...far, sound: false }, { ...far, promised: NaN }, { ...far, early: false }]) {
      const after = learner.next(evidence(given), before.phi, before.state);
      assertEquals(scalar(after.phi, "p"), scalar(before.phi, "p") + 1);
      assertEquals(numbers(after.state), numbers(before.state));
    }
    const none = learner.next(evidence({ slope: 0, promised: 0 }), phi, learner.init(phi));
    assertEquals(scalar(none.phi, "p"), 3);
  });
});

for (const [name, make] of Object.entries(parameterizations)) {
  Deno.test(`${name}: what a meta step tells of the scale of P is the derivative of Q in its logarithm`, async () => {
    const task = clusters(3), parameterization = make({ learningRate: 0.5 });
    const setting = {
      problem: task.problem,
      parameterization,
      lambdas: { lambdaFsd: tf.scalar(0.15), lambdaWsd: 0 },
    };
    let told = 0, difference = 0;
    const spy: MetaOptimizer = {
      init: () => ({}),
      next: ({ direction, lookaheadGradient, along, scaled, finite }, phi, state) => {
        told = along(lookaheadGradient).dataSync()[0];
        const { params, buffers } = carry, batch = task.batch(0), metaBatch = task.metaBatch(0);
        const q = (logScale: number): number => {
          const point = { params, buffers, batch, metaBatch, direction, mode: inference };
          return metaObjective(setting, scaled(phi, tf.scalar(Math.exp(logScale))), point).parts.total.dataSync()[0];
        };
        difference = (q(0.005) - q(-0.005)) / 0.01;
        return { phi, state, gradientNorm: tf.scalar(0), finite };
      },
    };
    const meta = { optimizer: spy, search: false };
    const optimizer = amortize({ problem: task.problem, direction: gradient(), parameterization, meta });
    const carry = await start(optimizer, task);
    train(optimizer, task, carry, { to: 1 });
    assert(Math.abs(told) > 1e-3);
    assertAlmostEquals(told, difference, 2e-3 * Math.abs(told));
    task.dispose();
  });
}
