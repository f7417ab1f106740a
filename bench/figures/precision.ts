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
import { mnist } from "../../tasks/mnist.ts";
import { mnistAutoencoder } from "../../tasks/mnist_autoencoder.ts";
import type { Task } from "../../tasks/task.ts";
import type { Figure, Row } from "../figure.ts";
import { AFTER_EARLY, BATCH, mnistMlp } from "../mnist_mlp.ts";
import { randomImages } from "../random_images.ts";
import { randomTranslations, SEQUENCES } from "../random_translations.ts";
import { type Contestant, interleaved, ratios, spread } from "../timing.ts";
import { trainee } from "../trainee.ts";

const ROUNDED = ["bf16", "bf16-master", "bf16-products", "bf16-stochastic", "f16"], GOAL = 1.3;
/** On a GPU that has half precision: computed in it, and the same by rounding. */
const HALVES = ["f16-products", "f16-gpu"];

interface Case {
  readonly what: string;
  readonly task: Task;
  readonly problem: Problem;
  readonly optimizer: string;
  readonly batchSize: number;
  /** |B| over |B′|. Default: 1. */
  readonly share?: number;
  readonly rounds: { readonly quick: number; readonly thorough: number };
}

const { autoencoder } = mnistAutoencoder.models, { resnet } = randomImages.models;
const { transformer } = randomTranslations.models;
const cases: readonly Case[] = [
  {
    what: "the default MLP",
    task: mnist,
    problem: mnistMlp(),
    optimizer: "momentum",
    batchSize: BATCH,
    rounds: { quick: 4, thorough: 30 },
  },
  {
    what: "8-layer autoencoder",
    task: mnistAutoencoder,
    problem: { model: autoencoder.build({}), output: mnistAutoencoder.output },
    optimizer: "apo-kfac",
    batchSize: 512,
    share: 4,
    rounds: { quick: 2, thorough: 6 },
  },
  {
    what: "ResNet-8 of width 16",
    task: randomImages,
    problem: { model: resnet.build({ depth: 8, width: 16 }), output: randomImages.output },
    optimizer: "momentum",
    batchSize: 128,
    rounds: { quick: 2, thorough: 6 },
  },
  {
    what: "a Transformer, 500 tokens",
    task: randomTranslations,
    problem: { model: transformer.build({}), output: randomTranslations.output },
    optimizer: "adam",
    batchSize: SEQUENCES,
    rounds: { quick: 2, thorough: 6 },
  },
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
