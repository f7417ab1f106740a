/** The start-up search: on objectives of one number, and on a network whose rate starts absurdly. */
import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLessOrEqual, assertRejects } from "@std/assert";
import {
  adam,
  amortize,
  diagonal,
  type Direction,
  fullMatrix,
  gradient,
  kfacStructured,
  perBlockRates,
  scalarRate,
  soap,
} from "../../../mod.ts";
import { searchScale, type Trial } from "../../../optimizers/amortizer/scale_search.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { UserError } from "../../../runtime/errors.ts";
import { disposeTree } from "../../../runtime/tree.ts";
import { clusters, start } from "../tiny_task.ts";

await chooseBackend("cpu");

const CURVATURE = 4, LAMBDA = 0.5;
/** J = ½ h u² from θ = 1 along d = g = h, FSD = ½ h (u − θ)²: Q falls until η = 1/(h (1 + λ)). */
const BEST = Math.log(1 / (CURVATURE * (1 + LAMBDA)));

function quadratic(initialLogRate: number) {
  const offsets: number[] = [];
  const attempt = (offset: number): Promise<Trial> => {
    offsets.push(offset);
    const step = Math.exp(initialLogRate + offset) * CURVATURE, u = 1 - step;
    const loss = -CURVATURE * u * step, discrepancy = LAMBDA * CURVATURE * step * step;
    const agreement = (0.5 * CURVATURE * (1 - u * u)) / (step * CURVATURE);
    return Promise.resolve({ slope: (loss + discrepancy) / (Math.abs(loss) + Math.abs(discrepancy)), agreement });
  };
  return { attempt, offsets };
}

Deno.test("searchScale ends within 0.1 below the best rate, wherever it starts", async () => {
  for (let initial = -14; initial <= 14; initial += 0.5) {
    const { attempt, offsets } = quadratic(BEST + initial);
    const rate = BEST + initial + await searchScale(attempt);
    assert(rate <= BEST && rate > BEST - 0.1, `from e^${initial}: ${rate}, best ${BEST}`);
    assert(offsets.length >= 6 && offsets.length <= 30, `${offsets.length} trials from e^${initial}`);
    if (Math.abs(initial) <= 7) assertLessOrEqual(offsets.length, 25); // where the start is within a factor of 1000
  }
});

Deno.test("searchScale ends at the first overshoot, though Q falls again after it", async () => {
  for (const [rises, fallsAgain, width] of [[3, 4.2, 3], [3, 5, 6], [2.7, 3.6, 1.2], [3, 5, 0.6]]) {
    for (let initial = -9; initial <= 2; initial += 0.25) {
      const attempt = (offset: number): Promise<Trial> => {
        const at = initial + offset, ends = fallsAgain + width;
        const falls = at < rises || (at > fallsAgain && at < ends);
        const agreement = at < 0 ? 1 : 0.5 ** (at / rises); // linear below 1, a half of it where Q rises
        return Promise.resolve({ slope: falls ? -1 : 1, agreement });
      };
      const found = initial + await searchScale(attempt);
      assert(found <= rises && found > rises - 0.1, `from ${initial}: ${found}, the first overshoot is at ${rises}`);
    }
  }
});

Deno.test("searchScale ends where J keeps less than 0.45 of what its slope promises, though Q falls on", async () => {
  for (let initial = -9; initial <= 9; initial += 0.5) {
    const attempt = (offset: number): Promise<Trial> => { // J = −log(1 + η) promises η
      const rate = Math.exp(initial + offset);
      return Promise.resolve({ slope: -1, agreement: Math.log1p(rate) / rate });
    };
    const rate = Math.exp(initial + await searchScale(attempt)); // log(1 + η) = 0.45 η at 3.177
    assert(rate <= 3.177 && rate > 3.177 * Math.exp(-0.1), `from e^${initial}: ${rate}`);
  }
});

Deno.test("searchScale counts what is not finite as an overshoot", async () => {
  const smooth = quadratic(BEST + 10);
  const attempt = async (offset: number): Promise<Trial> =>
    offset > -8 ? { slope: 1, agreement: NaN } : await smooth.attempt(offset);
  const offset = await searchScale(attempt);
  assert(offset <= -10 && offset > -10.1, `${offset}`);
});

Deno.test("searchScale leaves the scale alone where no scale is better: no gradient, or nothing finite", async () => {
  for (const trial of [{ slope: 1, agreement: NaN }, { slope: NaN, agreement: NaN }, { slope: 0, agreement: 0 }]) {
    let count = 0;
    assertEquals(await searchScale(() => (count++, Promise.resolve(trial))), 0);
    assertLessOrEqual(count, 25);
  }
});

Deno.test("searchScale ends where Q falls for ever, as for a linear objective", async () => {
  let count = 0;
  assertEquals(await searchScale(() => (count++, Promise.resolve({ slope: -1, agreement: 1 }))), 0);
  assertLessOrEqual(count, 40);
});

// From far too small a rate J(θ) − J(u) is below float32's rounding of J: the search must not read that noise as disagreement.
for (const [name, direction] of [["gradient", gradient()], ["adam", adam()]] as [string, Direction][]) {
  Deno.test(`the start-up search finds the same rate of ${name} from 1e-36 to 1e34`, async () => {
    const task = clusters(3);
    const found: number[] = [];
    for (const learningRate of [0.01, 1e-36, 1e-23, 1e-12, 1e-8, 1e-7, 1e-6, 1e-4, 10, 1e4, 1e8, 1e23, 1e34]) {
      const optimizer = amortize({ problem: task.problem, direction, parameterization: scalarRate({ learningRate }) });
      const carry = await start(optimizer, task);
      found.push(Math.log((await optimizer.learned!(carry)).rate));
      disposeTree(carry);
    }
    found.forEach((logRate) => assertAlmostEquals(logRate, found[0], 0.11, `log rates ${found}`));
    task.dispose();
  });
}

Deno.test("the start-up search tells a rate that is too small for float32 from a direction that is 0", async () => {
  const task = clusters(3);
  const rejects = async (direction: Direction, learningRate: number, message: string) => {
    const parameterization = diagonal({ learningRate });
    const optimizer = amortize({ problem: task.problem, direction, parameterization });
    await assertRejects(() => start(optimizer, task), UserError, message);
  };
  await rejects(gradient(), 1e-45, "the first step is 0 in float32, as the initial learning rate is too small");
  await rejects(soap() as unknown as Direction, 1e-23, "the direction of the first step is 0");
  task.dispose();
});

Deno.test("the start-up search scales P of every parameterization to about the same", async () => {
  const task = clusters(4), parameterizations = { scalarRate, perBlockRates, diagonal, kfacStructured, fullMatrix };
  const found: number[] = [];
  for (const parameterizationOf of Object.values(parameterizations)) {
    const parameterization = parameterizationOf({ learningRate: 1e-4 });
    const optimizer = amortize({ problem: task.problem, direction: gradient(), parameterization });
    const carry = await start(optimizer, task);
    const learned = await optimizer.learned!(carry);
    found.push(
      Math.log(
        learned.rate ?? learned["P max"] ?? learned["S² max"] ?? learned["P trace/n"] ?? learned["rate/dense1/kernel"],
      ),
    );
    disposeTree(carry);
  }
  assertGreater(found[0], Math.log(1e-2));
  found.forEach((logRate) => assertAlmostEquals(logRate, found[0], 0.11, `log rates ${found}`));
  task.dispose();
});
