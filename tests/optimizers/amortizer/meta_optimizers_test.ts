/** The two meta-optimizers on evidence made by hand. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  adam,
  additive,
  amortize,
  diagonal,
  gradient,
  kfacStructured,
  type MetaEvidence,
  normalized,
  paperRule,
  rmsprop,
  scalarRate,
  type Tensors,
} from "../../../mod.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { UserError } from "../../../runtime/errors.ts";
import { disposeTree, mapTensors } from "../../../runtime/tree.ts";
import { clusters, numbers, scalar, start, train } from "../tiny_task.ts";

await chooseBackend("cpu");

interface Given {
  /** ∂Q/∂φ by name of φ. */
  readonly slope: Readonly<Record<string, number>>;
  /** g·d of the same block; 1 unless given. */
  readonly progress?: Readonly<Record<string, number>>;
  readonly sound?: boolean;
  readonly finite?: boolean;
  readonly early?: boolean;
  readonly step?: number;
}

function evidence(
  phi: Tensors,
  { slope, progress, sound = true, finite = true, early = false, step = 0 }: Given,
): MetaEvidence {
  const gradient = {}, lookaheadGradient = {};
  return {
    step: tf.scalar(step),
    at: { step, seed: 0 },
    early,
    gradient,
    direction: {},
    lookaheadGradient,
    sound: tf.tensor(sound, [], "bool"),
    finite: tf.tensor(finite, [], "bool"),
    pullback: (cotangent) =>
      mapTensors(
        phi,
        (logRate, name) =>
          cotangent === lookaheadGradient ? tf.scalar(slope[name]) : tf.mul(tf.exp(logRate), -(progress?.[name] ?? 1)),
      ), // −η g·d
    along: (cotangent) => tf.scalar(Object.values(cotangent === lookaheadGradient ? slope : progress ?? {})[0] ?? 0),
    scaled: (phi, factor) => mapTensors(phi, (x) => tf.add(x, tf.log(factor))),
  };
}

const at = (rate: number): Tensors => ({ rate: tf.scalar(rate) });

Deno.test("normalized: φ −= 0.05 clip((a + b)/(η M), −1, 10)", () => {
  const learner = normalized();
  for (const logRate of [-14, -3, 2]) {
    const eta = Math.exp(logRate);
    for (const [ratio, moved] of [[0.5, -0.025], [-0.5, 0.025], [-7, 0.05], [4, -0.2], [100, -0.5], [0, 0]]) {
      tf.tidy(() => {
        const phi = at(logRate), given = { slope: { rate: ratio * eta * 3 }, progress: { rate: 3 } };
        const next = learner.next(evidence(phi, given), phi, learner.init(phi));
        assertAlmostEquals(scalar(next.phi, "rate") - logRate, moved, 3e-6);
        assertEquals([...next.finite.dataSync()], [1]);
        assertAlmostEquals(next.gradientNorm.dataSync()[0], Math.abs(ratio) * eta * 3, 1e-5 * eta * 300);
      });
    }
  }
});

Deno.test("normalized: M is the bias-corrected average of |g·d| with decay 0.8", () => {
  tf.tidy(() => {
    const learner = normalized({ rate: 0.1 }), progress = [1, 10, -4, 2];
    let phi = at(0), state = learner.init(phi), average = 0, expected = 0;
    progress.forEach((p, n) => {
      const slope = 0.3 * Math.exp(expected);
      average = 0.8 * average + 0.2 * Math.abs(p);
      expected -= 0.1 * 0.3 / (average / (1 - 0.8 ** (n + 1)));
      ({ phi, state } = learner.next(evidence(phi, { slope: { rate: slope }, progress: { rate: p } }), phi, state));
      assertAlmostEquals(scalar(phi, "rate"), expected, 1e-6);
    });
  });
});

Deno.test("normalized: blocks are normalized each by itself", () => {
  tf.tidy(() => {
    const learner = normalized(), phi = { "rate/a": tf.scalar(0), "rate/b": tf.scalar(-5) };
    const given = { slope: { "rate/a": 2, "rate/b": -1e-3 }, progress: { "rate/a": 1, "rate/b": 1e6 } };
    const next = learner.next(evidence(phi, given), phi, learner.init(phi));
    assertAlmostEquals(scalar(next.phi, "rate/a"), -0.1, 1e-6);
    assertAlmostEquals(scalar(next.phi, "rate/b"), -5 + 0.05 * 1e-3 / (1e6 * Math.exp(-5)), 1e-6);
  });
});

Deno.test("normalized: a lookahead that overflows counts as x = 10, and is counted as not finite", () => {
  for (const slope of [NaN, Infinity, -Infinity]) {
    tf.tidy(() => {
      const learner = normalized(), phi = at(-1);
      const next = learner.next(evidence(phi, { slope: { rate: slope }, finite: false }), phi, learner.init(phi));
      assertAlmostEquals(scalar(next.phi, "rate"), -1.5, 1e-6);
      assertEquals([...next.finite.dataSync()], [0]);
      assert(Object.values(numbers(next.state)).flat().every(Number.isFinite));
    });
  }
});

Deno.test("normalized: an unsound reference or gradient leaves φ and the state to the bit", () => {
  tf.tidy(() => {
    const learner = normalized(), phi = at(-1);
    const before = learner.next(evidence(phi, { slope: { rate: 0.1 }, early: true }), phi, learner.init(phi));
    const unsound: Given[] = [{ slope: { rate: 1 }, sound: false }, { slope: { rate: 1 }, progress: { rate: NaN } }];
    for (const given of unsound) {
      const after = learner.next(evidence(before.phi, { ...given, early: true }), before.phi, before.state);
      assertEquals(numbers(after.phi), numbers(before.phi));
      assertEquals(numbers(after.state), numbers(before.state));
      assertEquals([...after.finite.dataSync()], [0]);
    }
  });
});

Deno.test("normalized: progress of blocks whose sum leaves float32 is no reason to skip", () => {
  tf.tidy(() => {
    const learner = normalized(), phi = { a: tf.scalar(0), b: tf.scalar(0) };
    const given = { slope: { a: 1e38, b: -1e38 }, progress: { a: 2e38, b: 2e38 } };
    const next = learner.next(evidence(phi, given), phi, learner.init(phi));
    assertEquals([...next.finite.dataSync()], [1]);
    assertAlmostEquals(scalar(next.phi, "a"), -0.025, 1e-6);
    assertAlmostEquals(scalar(next.phi, "b"), 0.025, 1e-6);
  });
});

Deno.test("normalized: φ stays below its mean over the early meta steps + ln 4", () => {
  tf.tidy(() => {
    const learner = normalized();
    let phi = at(-3), state = learner.init(phi);
    const early: number[] = [];
    for (let n = 0; n < 100; n++) {
      ({ phi, state } = learner.next(evidence(phi, { slope: { rate: -1000 }, early: n < 5 }), phi, state));
      if (n < 5) early.push(scalar(phi, "rate"));
    }
    const ceiling = early.reduce((total, x) => total + x, 0) / 5 + Math.log(4);
    assertAlmostEquals(scalar(phi, "rate"), ceiling, 1e-5);
    ({ phi } = learner.next(evidence(phi, { slope: { rate: 1000 } }), phi, state));
    assertAlmostEquals(scalar(phi, "rate"), ceiling - 0.5, 1e-5);
  });
});

Deno.test("normalized: without early meta steps there is no cap", () => {
  tf.tidy(() => {
    const learner = normalized({ rate: 1 });
    let phi = at(-3), state = learner.init(phi);
    for (let n = 0; n < 10; n++) ({ phi, state } = learner.next(evidence(phi, { slope: { rate: -1000 } }), phi, state));
    assertAlmostEquals(scalar(phi, "rate"), 7, 1e-4);
  });
});

Deno.test("normalized: no gradient, no movement", () => {
  tf.tidy(() => {
    const learner = normalized(), phi = at(-1);
    const next = learner.next(evidence(phi, { slope: { rate: 0 }, progress: { rate: 0 } }), phi, learner.init(phi));
    assertEquals(scalar(next.phi, "rate"), -1);
  });
});

Deno.test("normalized is refused where φ are no log-rates", () => {
  const task = clusters(1), meta = { optimizer: normalized() };
  for (const parameterization of [diagonal(), kfacStructured()]) {
    const make = () => amortize({ problem: task.problem, direction: gradient(), parameterization, meta });
    assertThrows(make, UserError, "normalized() moves log-rates");
  }
  task.dispose();
});

Deno.test("additive: φ −= rate · direction(∇_φ Q), with a rate for each group and schedules", () => {
  tf.tidy(() => {
    const groups = { A: 0.1, B: (step: tf.Tensor) => tf.mul(step, 0.5) };
    const learner = additive(gradient(), { rate: 1, groups });
    const phi = { "A/w": tf.scalar(1), "B/w": tf.scalar(1), "S/w": tf.scalar(1), AB: tf.scalar(1) };
    const slope = { "A/w": 2, "B/w": 2, "S/w": 2, AB: 2 };
    const next = learner.next(evidence(phi, { slope, step: 3 }), phi, learner.init(phi));
    const expected = { "A/w": 0.8, "B/w": -2, "S/w": -1, AB: -1 };
    for (const [name, value] of Object.entries(expected)) assertAlmostEquals(scalar(next.phi, name), value, 1e-6, name);
    assertAlmostEquals(next.gradientNorm.dataSync()[0], 4, 1e-6);
  });
});

Deno.test("additive with the paper's RMSprop: the first step is 10 rates long, whatever the scale of Q", () => {
  for (const slope of [1e-4, 1, 1e4]) {
    tf.tidy(() => {
      const learner = paperRule().optimizer!, phi = at(-2);
      const next = learner.next(evidence(phi, { slope: { rate: slope } }), phi, learner.init(phi));
      assertAlmostEquals(scalar(next.phi, "rate"), -3, 2e-3);
    });
  }
});

Deno.test("additive: a Q or gradient that is not finite leaves φ and the state to the bit", () => {
  for (const base of [adam(), rmsprop()]) {
    tf.tidy(() => {
      const learner = additive<Record<string, Tensors>>(base as never, { rate: 0.1 }), phi = at(-2);
      const before = learner.next(evidence(phi, { slope: { rate: 0.3 } }), phi, learner.init(phi));
      for (
        const given of [{ slope: { rate: 1 }, finite: false }, { slope: { rate: NaN } }, { slope: { rate: Infinity } }]
      ) {
        const after = learner.next(evidence(before.phi, given), before.phi, before.state);
        assertEquals(numbers(after.phi), numbers(before.phi));
        assertEquals(numbers(after.state), numbers(before.state));
        assertEquals([...after.finite.dataSync()], [0]);
      }
    });
  }
});

// The square of a finite meta-gradient may overflow. In the carry, an infinite average would make every later step be refused.
Deno.test("additive: a finite gradient that overflows the meta-optimizer's state is skipped too", () => {
  for (const base of [adam(), rmsprop()]) {
    tf.tidy(() => {
      const learner = additive<Record<string, Tensors>>(base as never, { rate: 0.1 }), phi = at(-2);
      const next = learner.next(evidence(phi, { slope: { rate: 1e25 } }), phi, learner.init(phi));
      assertEquals(scalar(next.phi, "rate"), -2);
      assert(Object.values(numbers(next.state)).flat().every(Number.isFinite));
      assertEquals([...next.finite.dataSync()], [0]);
    });
  }
});

Deno.test("in training, a NaN in B′ costs a meta step and nothing else", async () => {
  const task = clusters(5);
  const poisoned = { ...task.metaBatch(0), inputs: { x: tf.fill([16, 4], NaN) } };
  const broken = { ...task, metaBatch: (step: number) => step === 12 ? poisoned : task.metaBatch(step) };
  const metaOptimizers = [normalized(), paperRule().optimizer!];
  for (const optimizer of metaOptimizers) {
    const apo = amortize({
      problem: task.problem,
      direction: gradient(),
      parameterization: scalarRate(),
      meta: { optimizer, every: 4, early: 0, search: false },
    });
    const before = train(apo, task, await start(apo, task), { to: 12 });
    const learner = before.carry.state.rule.learner;
    const phi = numbers(learner.phi), state = numbers(learner.state), report = numbers(learner.report);
    const after = train(apo, broken, before.carry, { from: 12, to: 13 });
    assertEquals(numbers(after.carry.state.rule.learner.phi), phi);
    assertEquals(numbers(after.carry.state.rule.learner.state), state);
    assertEquals([after.metrics.refused, after.metrics.metaSkipped], [0, 1]);
    // what is logged keeps its last finite value
    assertEquals(after.metrics.fsd, report.fsd[0]);
    assertEquals(after.metrics.metaObjective, report.metaObjective[0]);
    const later = train(apo, task, after.carry, { from: 13, to: 17 });
    assertEquals(later.metrics.metaSkipped, 1);
    assert(numbers(later.carry.state.rule.learner.phi).rate[0] !== phi.rate[0]);
    disposeTree(later.carry);
  }
  tf.dispose(poisoned.inputs);
  task.dispose();
});
