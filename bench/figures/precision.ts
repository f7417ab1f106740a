/**
 * The figure of the price of rounding.
 * @module
 */
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import { startingRate } from "../../optimizers/catalogue/entry.ts";
import { narrowOptimizer, narrowProblem } from "../../optimizers/precision/narrow.ts";
import { policyOf } from "../../optimizers/precision/policy.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";
import type { Problem } from "../../proximal/problem.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { hasHalfProducts } from "../../runtime/precision/half_products.ts";
import type { Figure, Row } from "../figure.ts";
import { AFTER_EARLY, BATCH } from "../mnist_mlp.ts";
import { type Network, networks } from "../networks.ts";
import { type Contestant, interleaved, ratios, spread } from "../timing.ts";
import { trainee } from "../trainee.ts";

const ROUNDED = ["bf16", "bf16-master", "bf16-products", "bf16-stochastic", "f16"], GOAL = 1.3;
/** On a GPU that has half precision: computed in it, and the same by rounding. */
const HALVES = ["f16-products", "f16-gpu"];

interface Case extends Network {
  readonly optimizer: string;
  /** |B| over |B′|. Default: 1. */
  readonly share?: number;
  readonly rounds: { readonly quick: number; readonly thorough: number };
}

const cases: readonly Case[] = [
  { ...networks.mlp, optimizer: "momentum", rounds: { quick: 4, thorough: 30 } },
  { ...networks.autoencoder, optimizer: "apo-kfac", share: 4, rounds: { quick: 2, thorough: 6 } },
  { ...networks.resnet8, optimizer: "momentum", rounds: { quick: 2, thorough: 6 } },
  { ...networks.transformer, optimizer: "adam", rounds: { quick: 2, thorough: 6 } },
];

/** What rounding costs. */
export const figure: Figure = {
  description: `a step in a narrow format, by rounding, against the same step in float32, at batch ${BATCH}, of the ` +
    `autoencoder at 512`,
  measure: async (quick, tell) => {
    await chooseBackend("auto", { threads: 1 });
    const rows: Row[] = [];
    for (const test of cases) {
      tell(test.what);
      rows.push(...await priced(test, quick ? test.rounds.quick : test.rounds.thorough));
    }
    return rows;
  },
};

async function priced({ what, task, problem, optimizer, batchSize, share = 1 }: Case, rounds: number): Promise<Row[]> {
  const { train } = await task.load(), entry = catalogued(optimizer);
  using training = new DisposableStack();
  const settings = { steps: 1000, learningRate: startingRate(entry, task.defaults.learningRates), every: 10 };
  const contestant = (problem: Problem, optimizer: Optimizer): Contestant =>
    training.use(
      trainee({
        ...{ problem, optimizer, train, batchSize, metaBatchSize: batchSize / share },
        ...{ blockSteps: 10, firstStep: AFTER_EARLY },
      }),
    );
  const precisions = hasHalfProducts() ? [...ROUNDED, ...HALVES] : ROUNDED;
  const narrow = precisions.map((precision) => {
    const policy = policyOf({ precision }), rounded = narrowProblem(problem, policy);
    return contestant(rounded, narrowOptimizer(entry.build(rounded, settings), policy) as Optimizer);
  });
  const float32 = contestant(problem, entry.build(problem, settings));
  const times: Readonly<Record<string, readonly number[]>> = await interleaved(
    { float32, ...Object.fromEntries(narrow.entries()) },
    rounds,
  );
  return precisions.map((precision, i): Row => ({
    what: `${what}, ${optimizer}: ${precision} / float32`,
    result: spread(ratios(times[i], times.float32)),
    unit: "×",
    target: { atMost: GOAL },
    detail: `${spread(times[i]).median.toFixed(1)} / ${spread(times.float32).median.toFixed(1)} ms`,
  }));
}
