/**
 * The figure of the price of learning the rate or the preconditioner.
 * @module
 */
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import { startingRate } from "../../optimizers/catalogue/entry.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import type { Figure, Row, Target } from "../figure.ts";
import { AFTER_EARLY, BATCH } from "../mnist_mlp.ts";
import { type Network, networks } from "../networks.ts";
import { type Contestant, interleaved, ratios, spread } from "../timing.ts";
import { trainee } from "../trainee.ts";

const K = 10;

/** A method beside a baseline that has the same kernels. */
interface Contest {
  readonly what: string;
  readonly optimizer: string;
  /** |B| over |B′|. */
  readonly share: number;
  /** The number of a step that is timed alone, again and again. Default: all steps are timed. */
  readonly step?: number;
  readonly target?: Target;
}

interface Case extends Network {
  readonly baseline: string;
  readonly contests: readonly Contest[];
  /** Steps timed together: every method does its periodic work at least once in so many. */
  readonly blockSteps: number;
  readonly rounds: { readonly quick?: number; readonly thorough: number };
}

const scalar: readonly Contest[] = [
  { what: "apo-momentum, |B′| = |B|", optimizer: "apo-momentum", share: 1, target: { atMost: 1.27 } },
  { what: "apo-momentum, |B′| = |B|/4", optimizer: "apo-momentum", share: 4, target: { atMost: 1.18 } },
];
const digits = { baseline: "momentum", contests: scalar, blockSteps: K, rounds: { quick: 4, thorough: 30 } };
const photographs = {
  baseline: "momentum",
  contests: [
    { what: "apo-momentum, |B′| = |B|", optimizer: "apo-momentum", share: 1 },
    { what: "apo-kfac, |B′| = |B|", optimizer: "apo-kfac", share: 1 },
    { what: "kfac", optimizer: "kfac", share: 1 },
    { what: "kfac, a step with statistics and without inverses", optimizer: "kfac", share: 1, step: 10 },
  ],
  blockSteps: 20,
};
const cases: readonly Case[] = [
  { ...networks.mlp, ...digits },
  { ...networks.wide, ...digits },
  {
    ...networks.autoencoder,
    baseline: "sgd",
    contests: [
      { what: "apo-kfac, |B′| = |B|/4", optimizer: "apo-kfac", share: 4, target: { atMost: 1.5 } },
      { what: "apo-kfac-paper, |B′| = |B|/4", optimizer: "apo-kfac-paper", share: 4, target: { atMost: 1.5 } },
      { what: "apo-momentum, |B′| = |B|/4", optimizer: "apo-momentum", share: 4 },
      { what: "kfac", optimizer: "kfac", share: 1 },
      { what: "shampoo", optimizer: "shampoo", share: 1 },
    ],
    blockSteps: 20,
    rounds: { thorough: 3 },
  },
  { ...networks.lenet, ...photographs, rounds: { thorough: 10 } },
  { ...networks.resnet8, ...photographs, rounds: { thorough: 3 } },
  {
    ...networks.resnet20,
    baseline: "momentum",
    contests: [
      { what: "apo-momentum, |B′| = |B|/4", optimizer: "apo-momentum", share: 4, target: { atMost: 1.15 } },
      { what: "apo-kfac, |B′| = |B|/4", optimizer: "apo-kfac", share: 4 },
      { what: "apo-kfac, |B′| = |B|", optimizer: "apo-kfac", share: 1, target: { atMost: 1.5 } },
    ],
    blockSteps: K,
    rounds: { thorough: 3 },
  },
  {
    ...networks.transformer,
    baseline: "adam",
    contests: [
      { what: "apo-adam, |B′| = |B|", optimizer: "apo-adam", share: 1 },
      { what: "apo-adam, |B′| = |B|/4", optimizer: "apo-adam", share: 4, target: { atMost: 1.15 } },
      { what: "apo-kfac, |B′| = |B|", optimizer: "apo-kfac", share: 1 },
      { what: "apo-muon-adam, |B′| = |B|", optimizer: "apo-muon-adam", share: 1 },
    ],
    blockSteps: K,
    rounds: { thorough: 3 },
  },
];

/** What learning costs. */
export const figure: Figure = {
  description:
    `a step of APO (K = ${K}, its defaults) or of other optimizers against a step at a fixed rate with the same kernels, at ` +
    `batch ${BATCH}, of the autoencoder at 512; from step ${AFTER_EARLY} on; making B′ counts, making B does not`,
  quickly: "only perceptrons",
  measure: async (quick) => {
    await chooseBackend("auto", { threads: 1 });
    const rows: Row[] = [];
    for (const test of cases) {
      const rounds = quick ? test.rounds.quick : test.rounds.thorough;
      if (rounds !== undefined) rows.push(...await priced(test, rounds));
    }
    return rows;
  },
};

async function priced(test: Case, rounds: number): Promise<Row[]> {
  const { what, task, problem, batchSize, baseline, contests, blockSteps } = test;
  const { train } = await task.load();
  using training = new DisposableStack();
  const contestant = (name: string, share: number, step?: number): Contestant => {
    const entry = catalogued(name), learningRate = startingRate(entry, task.defaults.learningRates);
    const optimizer = entry.build(problem, { steps: 1000, learningRate, every: K });
    const metaBatchSize = batchSize / share;
    const trained = training.use(
      trainee({ problem, optimizer, train, batchSize, metaBatchSize, blockSteps, firstStep: AFTER_EARLY }),
    );
    return step === undefined ? trained : { block: () => trained.run(1, step) };
  };
  const fixed = contestant(baseline, 1);
  const others = contests.map(({ optimizer, share, step }) => contestant(optimizer, share, step));
  const times = await interleaved({ fixed, ...Object.fromEntries(others.entries()) }, rounds);
  const all: Readonly<Record<string, readonly number[]>> = times;
  return contests.map((contest, i): Row => ({
    what: `${what}: ${contest.what} / ${baseline}`,
    result: spread(ratios(all[i], times.fixed)),
    unit: "×",
    target: contest.target,
    detail: `${spread(all[i]).median.toFixed(1)} / ${spread(times.fixed).median.toFixed(1)} ms`,
  }));
}
