/**
 * Which learning rate?
 * @module
 */
import { amortize } from "../../optimizers/amortizer/amortize.ts";
import type { AmortizeOptions } from "../../optimizers/amortizer/amortize_options.ts";
import type { Regime } from "../../optimizers/amortizer/regime.ts";
import type { Direction } from "../../optimizers/directions/direction.ts";
import { scalarRate } from "../../optimizers/parameterizations/log_rates.ts";
import { replay, type Schedule } from "../../optimizers/schedules.ts";
import type { Problem } from "../../proximal/problem.ts";
import type { Tree } from "../../runtime/tensor.ts";
import type { Dataset } from "../../data/dataset.ts";
import { type Displayable, displayable } from "../../display/displayable.ts";
import type { FitEvent } from "../../training/events.ts";
import { fit } from "../../training/fit.ts";
import { checkSearch, SEEDS, STARTS, STEPS } from "./search_defaults.ts";
import { geometricMean } from "../statistics.ts";
import type { Found, SeedRate } from "./found.ts";
import { settledRate } from "./settled.ts";

/** Options of {@linkcode findRate}. */
export interface FindRateOptions<S extends Tree> {
  /** What is minimized. */
  readonly problem: Problem;
  /** What the rate is for: `adam()`, say. */
  readonly direction: Direction<S>;
  /** What to train on; nothing else is looked at. */
  readonly data: { readonly train: Dataset };
  /** Steps of each seed, 40 or more. Default: 200. */
  readonly steps?: number;
  /** How many seeds, from 0 on. Default: 3. */
  readonly seeds?: number;
  /** |B|. Default: 128, or all of the training data where there is less. The best rate depends on it. */
  readonly batchSize?: number;
  /** Where the rate starts, seed i at entry i, and round again. Default: 1e-6, far too small, and 10, far too large. */
  readonly from?: readonly number[];
  /** As of `amortize`; for Muon `recommendedRegime("muon", { steps, schedule: "constant" })`. A `factor` would be part of the rate found. */
  readonly regime?: Regime;
  /** As of `amortize`. On small batches of noisy data `{ lossOn: "metaBatch" }` finds less, and nearer to the best. */
  readonly objective?: AmortizeOptions<S>["objective"];
  /** Is told what happens. */
  readonly listen?: (event: FitEvent, seed: number) => void;
  /** Aborts after the current step. */
  readonly signal?: AbortSignal;
}

/** What {@linkcode findRate} found. In a notebook it shows itself as a table with the picture of the learned rates. */
export interface FoundRate extends Found, Displayable {
  /** The learned rate step by step (geometric mean over the seeds), and {@linkcode rate} ever after: for `fixedRate`. */
  readonly schedule: Schedule;
}

/**
 * Finds a learning rate: trains for 200 steps with APO's scalar rate, from a bad start, once with each seed. The rate of
 * a seed is the geometric median of its learned rates after step 20, the rate found is the geometric mean over the seeds. Needs no
 * files and no permissions.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { findRate, fit, fixedRate, mlp, momentum, rows, softmax } from "@amortized/apo";
 *
 * const problem = { model: mlp([2, 8, 2]), output: softmax() };
 * const data = { train: rows({ inputs: [[0, 1], [1, 0], [0, 2], [2, 0]], labels: [0, 1, 0, 1] }) };
 * const { rate, range, spread } = await findRate({ problem, direction: momentum(), data, steps: 60 });
 * assert(range[0] <= rate && rate <= range[1] && spread < 3);
 *
 * const optimizer = fixedRate({ problem, direction: momentum(), learningRate: rate });
 * for await (const event of fit({ problem, optimizer, data, steps: 60 })) {
 *   if (event.kind === "finished") assert(event.train.loss < 0.1);
 * }
 * ```
 *
 * @throws `UserError` for impossible options, `DivergedError` where training stops, the signal's reason where it aborts.
 */
export async function findRate<S extends Tree>(options: FindRateOptions<S>): Promise<FoundRate> {
  const { steps = STEPS, seeds = SEEDS, from = STARTS } = options;
  checkSearch({ steps, seeds, from });
  const bySeed: SeedRate[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const start = from[seed % from.length], curve = await learnedCurve(options, seed, start, steps);
    bySeed.push({ seed, from: start, ...settledRate(curve), curve });
  }
  const rates = bySeed.map(({ rate }) => rate), ends = bySeed.flatMap(({ range }) => range);
  const low = Math.min(...ends), high = Math.max(...ends);
  const rate = Math.min(Math.max(low, geometricMean(rates)), high); // where all are the same, rounding must not leave the range
  const metrics = bySeed[0].curve.map(({ step }, i) => ({
    step,
    learned: { rate: geometricMean(bySeed.map(({ curve }) => curve[i].rate)) },
  }));
  const found: Found = {
    rate,
    range: [low, high],
    spread: Math.max(...rates) / Math.min(...rates),
    bySeed,
  };
  return {
    ...found,
    schedule: replay({ metrics: [...metrics, { step: steps + 1, learned: { rate } }] }),
    ...displayable(async () => (await import("./found_rate_display.ts")).foundRateFormats(found)),
  };
}

/** One seed's training. */
async function learnedCurve<S extends Tree>(
  { problem, direction, data: { train }, batchSize, regime, objective, listen, signal }: FindRateOptions<S>,
  seed: number,
  learningRate: number,
  steps: number,
): Promise<SeedRate["curve"]> {
  const parameterization = scalarRate({ learningRate });
  const optimizer = amortize({ problem, direction, parameterization, regime, objective });
  const curve: { step: number; rate: number; loss: number }[] = [];
  for await (const event of fit({ problem, optimizer, data: { train }, steps, batchSize, seed, logEvery: 1, signal })) {
    listen?.(event, seed);
    if (event.kind !== "logged") continue;
    curve.push({ step: event.step, rate: event.learned.rate, loss: event.metrics.loss });
    if (event.step === steps) break; // what the weights have become is not asked
  }
  signal?.throwIfAborted();
  return curve;
}
