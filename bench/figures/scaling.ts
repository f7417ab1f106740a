/**
 * The figure of every optimizer at every size.
 * @module
 */
import { chooseBackend } from "../../runtime/backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import { mnist } from "../../tasks/mnist.ts";
import { cycleOf, cycling } from "../cycle.ts";
import type { Figure, Row } from "../figure.ts";
import { grids } from "../grid.ts";
import { AFTER_EARLY, mnistMlp } from "../mnist_mlp.ts";
import type { Tell } from "../progress.ts";
import { BASELINE, CENTRE, leftOut, optimizerAt, optimizers, type Setup } from "../setup.ts";
import { interleaved, ratios, type Rounds, type Spread, spread } from "../timing.ts";
import { type Trainee, trainee } from "../trainee.ts";

/** A size that is varied while the others stay at the centre. */
interface Axis {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly optimizers: readonly string[];
  at(size: number): Setup;
}

const axes: readonly Axis[] = [
  {
    name: "width",
    sizes: [64, 128, 256, 512, 1024, 2048],
    optimizers,
    at: (width) => ({ ...CENTRE, width }),
  },
  {
    name: "batch size",
    sizes: [32, 128, 512, 2048],
    optimizers,
    at: (batchSize) => ({ ...CENTRE, batchSize }),
  },
  {
    name: "K",
    sizes: [1, 3, 10, 30, 100],
    optimizers: optimizers.filter((name) => name.startsWith("apo-")),
    at: (every) => ({ ...CENTRE, every }),
  },
  {
    name: "block size",
    sizes: [16, 32, 64, 128, 256],
    optimizers: ["shampoo", "soap", "apo-kfac", "apo-kfac-paper"],
    at: (blockSize) => ({ ...CENTRE, blockSize }),
  },
];

const WARM_UP_MS = 300; // until the baseline's code is compiled
const TOO_SLOW_MS = 5000;
/** `blockMs` of steps are timed together. */
const THOROUGH: Rounds & { blockMs: number } = { atLeast: 3, atMost: 15, milliseconds: 1000, blockMs: 50 };
const QUICK: typeof THOROUGH = { atLeast: 3, atMost: 5, milliseconds: 150, blockMs: 25 };

/** What a step of every optimizer costs, by size. */
export const figure: Figure = {
  description:
    `a step of every optimizer (defaults) against one of ${BASELINE} at a fixed rate, on 784-w-w-10 for MNIST; ` +
    `w, |B| = |B′|, K and block sizes vary one at a time around ${CENTRE.width}, ${CENTRE.batchSize}, ${CENTRE.every} and ` +
    `the defaults; periodic work (meta steps, roots, inverses) counts by its share; where the step with all of it takes ` +
    `more than ${TOO_SLOW_MS / 1000} s, there and at larger sizes nothing is measured; ${leftOut}`,
  quickly: "only the centre",
  measure: async (quick, tell) => {
    await chooseBackend("auto", { threads: 1 });
    const { train } = await mnist.load();
    if (quick) return await alongAxis({ ...axes[0], sizes: [CENTRE.width] }, train, QUICK, tell);
    const rows: Row[] = [];
    for (const axis of axes) rows.push(...await alongAxis(axis, train, THOROUGH, tell));
    return rows;
  },
  table: grids,
};

async function alongAxis(axis: Axis, train: Dataset, rounds: typeof THOROUGH, tell: Tell): Promise<Row[]> {
  const rows: Row[] = [], slow = new Map<string, string>();
  for (const size of axis.sizes) {
    const problem = mnistMlp([axis.at(size).width, axis.at(size).width]), setup = axis.at(size);
    const training = (name: string) =>
      trainee({
        problem,
        optimizer: optimizerAt(name, problem, setup),
        train,
        batchSize: setup.batchSize,
        blockSteps: 1,
      });
    using baseline = training(BASELINE);
    await cycling(baseline, cycleOf(BASELINE, setup), { milliseconds: WARM_UP_MS, first: 0 }).block();
    for (const name of axis.optimizers) {
      tell(`${axis.name} ${size}: ${name}`);
      const point = { axis: axis.name, size, optimizer: name };
      const row = { what: `${name}, ${axis.name} ${size}`, unit: "×" } as const;
      let measured: Measured | string | undefined = slow.get(name);
      if (measured === undefined) {
        using contestant = training(name);
        measured = await compared(name, setup, contestant, baseline, rounds);
        if (typeof measured === "string") slow.set(name, `too slow at ${axis.name} ${size}: ${measured}`);
      }
      if (typeof measured === "string") rows.push({ ...row, detail: measured, place: point });
      else {
        const { ratio, milliseconds } = measured;
        rows.push({
          ...row,
          result: ratio,
          detail: `${milliseconds.toPrecision(3)} ms`,
          place: { ...point, milliseconds },
        });
      }
    }
  }
  return rows;
}

/** Relative to the baseline, and by itself. */
interface Measured {
  readonly ratio: Spread;
  readonly milliseconds: number;
}

/** The costs, or why they are not known. */
async function compared(
  name: string,
  setup: Setup,
  contestant: Trainee,
  baseline: Trainee,
  rounds: typeof THOROUGH,
): Promise<Measured | string> {
  const cycle = cycleOf(name, setup), options = { milliseconds: rounds.blockMs, first: AFTER_EARLY };
  const first = await contestant.run(1, Math.ceil(AFTER_EARLY / cycle.period) * cycle.period);
  if (first > TOO_SLOW_MS) return `a step of ${(first / 1000).toFixed(1)} s`;
  const times = await interleaved({
    contestant: cycling(contestant, cycle, options),
    baseline: cycling(baseline, cycleOf(BASELINE, setup), options),
  }, rounds);
  return {
    ratio: spread(ratios(times.contestant, times.baseline)),
    milliseconds: spread(times.contestant).median,
  };
}
