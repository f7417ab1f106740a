import * as tf from "@tensorflow/tfjs";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  adam,
  chooseBackend,
  type Direction,
  findRate,
  type FindRateOptions,
  fit,
  fixedRate,
  gaussian,
  gradient,
  mlp,
  momentum,
  rows,
} from "../../../mod.ts";
import { random } from "../../../runtime/random.ts";

await chooseBackend("cpu");

const INPUTS = 4, OUTPUTS = 3, EXAMPLES = 512;

/**
 * A noisy quadratic: linear regression on inputs that are normal with standard deviation `scale`, so that the Hessian is close to
 * scale² I, and targets with noise that no map explains.
 */
function quadratic(scale: number) {
  const draw = random(0, "quadratic"), normal = (count: number) => Array.from({ length: count }, () => draw.normal());
  const map = Array.from({ length: OUTPUTS }, () => normal(INPUTS));
  const inputs = Array.from({ length: EXAMPLES }, () => normal(INPUTS).map((x) => scale * x));
  const targets = inputs.map((x) =>
    map.map((weights) => weights.reduce((sum, w, i) => sum + w * x[i] / scale, 0) + 0.3 * draw.normal())
  );
  const model = mlp([INPUTS, OUTPUTS], { activation: "linear", bias: "none" });
  return {
    problem: { model, output: gaussian() },
    data: { train: rows({ inputs, targets }) },
  };
}

const found = (scale: number, direction: Direction, options: Partial<FindRateOptions<Record<never, never>>> = {}) =>
  findRate({ ...quadratic(scale), direction, batchSize: 64, steps: 60, ...options });

// Of ½ s² ‖θ‖² the best rate is 1/s²; with λ_FSD = 0.15 the proximal objective asks for 1/(1.15 s²).
for (const scale of [1, 10, 0.03]) {
  Deno.test(`findRate: of a noisy quadratic with curvature ${scale ** 2} the rate is its inverse, within a factor of 1.5`, async () => {
    const { rate, range: [low, high], spread, bySeed } = await found(scale, gradient());
    const relative = rate * 1.15 * scale ** 2;
    assert(relative > 1 / 1.5 && relative < 1.5, `${rate}`);
    assert(low <= rate && rate <= high);
    assert(spread >= 1 && spread < 1.3, `${spread}`);
    assertEquals(bySeed.map(({ seed, from }) => [seed, from]), [[0, 1e-6], [1, 10], [2, 1e-6]]);
  });
}

Deno.test("findRate: from 1e-6, from 10 and further out the same rate within a factor of 1.2", async () => {
  for (const direction of [gradient(), momentum(), adam()] as Direction[]) {
    const rates: number[] = [];
    for (const from of [1e-6, 10, 1e-20, 1e20]) {
      rates.push((await found(1, direction, { from: [from], seeds: 1 })).rate);
    }
    const ratio = Math.max(...rates) / Math.min(...rates);
    assert(ratio < 1.2, `${rates}`);
    assertEquals(new Set(rates).size, rates.length, "or the start is ignored");
  }
});

Deno.test("findRate: the rate trains nearly as well as the best of a wide grid, and far better than the worst", async () => {
  const { problem, data } = quadratic(10), steps = 100;
  const loss = async (learningRate: number): Promise<number> => {
    const optimizer = fixedRate({ problem, direction: momentum(), learningRate });
    const run = fit({ problem, optimizer, data, steps, batchSize: 64, patience: steps });
    for await (const event of run) if (event.kind === "finished") return event.train.loss;
    return Infinity;
  };
  const { rate } = await found(10, momentum());
  const grid: number[] = [];
  for (const fixed of [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1]) grid.push(await loss(fixed));
  const best = Math.min(...grid), ours = await loss(rate);
  assert(ours < 1.2 * best, `${ours} at ${rate}, ${grid}`);
  assert(grid[0] > 5 * best, "the grid is wide enough to lose on");
});

Deno.test("findRate: the same call gives the same numbers, seeds differ, no tensor is left", async () => {
  const before = tf.memory().numTensors;
  const [once, again] = [await found(1, momentum()), await found(1, momentum())];
  assertEquals(again.bySeed, once.bySeed);
  assertEquals([again.rate, again.range, again.spread], [once.rate, once.range, once.spread]);
  assertNotEquals(once.bySeed[0].rate, once.bySeed[2].rate);
  assertEquals(once.bySeed.map(({ curve }) => curve.length), [60, 60, 60]);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("findRate: the schedule is the seeds' mean step by step, then the rate", async () => {
  const { rate, schedule, bySeed: [one, other] } = await found(1, momentum(), { seeds: 2 });
  const at = (step: number) => tf.tidy(() => schedule(tf.scalar(step)).dataSync()[0]);
  for (const step of [0, 7, 59]) {
    const mean = Math.sqrt(one.curve[step].rate * other.curve[step].rate);
    assertAlmostEquals(at(step) / mean, 1, 1e-5, `step ${step}`);
  }
  assertAlmostEquals(at(60) / rate, 1, 1e-5);
  assertAlmostEquals(at(1e6) / rate, 1, 1e-5);
});

Deno.test("findRate: options that cannot be are named, and nothing is trained", async () => {
  const wrong: [Partial<FindRateOptions<Record<never, never>>>, string][] = [
    [{ steps: 39 }, "steps is 39; give 40"],
    [{ steps: 50.5 }, "steps is 50.5"],
    [{ seeds: 0 }, "seeds is 0"],
    [{ from: [] }, "from is empty"],
    [{ from: [1e-6, -1] }, "from is -1"],
    [{ from: [NaN] }, "from is NaN"],
    [{ from: [1e-30] }, "from is 1e-30"],
    [{ batchSize: 513 }, "513"],
  ];
  for (const [options, needed] of wrong) {
    const listen = () => {
      throw new Error("it trains");
    };
    const { name, message } = await assertRejects(() => found(1, gradient(), { ...options, listen }), Error);
    assertEquals(name, "UserError", message);
    assertStringIncludes(message, needed);
  }
});

Deno.test("findRate: a signal stops it", async () => {
  const abort = new AbortController();
  let last = 0;
  const listen: FindRateOptions<Tree>["listen"] = ({ step }) => {
    last = step;
    if (step === 5) abort.abort(new Error("enough"));
  };
  await assertRejects(() => found(1, gradient(), { listen, signal: abort.signal }), Error, "enough");
  assertEquals(last, 5);
});

type Tree = Record<never, never>;
