/**
 * The figure of what several threads gain.
 * @module
 */
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import { startingRate } from "../../optimizers/catalogue/entry.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import type { Figure, Row } from "../figure.ts";
import { type Network, networks } from "../networks.ts";
import { type Contestant, interleaved, ratios, spread } from "../timing.ts";
import { trainee } from "../trainee.ts";

/** Milliseconds in which a block does not count: workers start, and compile formulas. */
const WARM_UP = 300;

interface Case extends Network {
  readonly optimizer: string;
  readonly blockSteps: number;
  readonly rounds: { readonly quick: number; readonly thorough: number };
  /** How many times as fast two threads should be. */
  readonly goal?: number;
}

const cases: readonly Case[] = [
  { ...networks.mlp, optimizer: "momentum", blockSteps: 200, goal: 1.4, rounds: { quick: 3, thorough: 20 } },
  { ...networks.wide, optimizer: "momentum", blockSteps: 30, goal: 1.7, rounds: { quick: 3, thorough: 20 } },
  { ...networks.autoencoder, optimizer: "adam", blockSteps: 5, goal: 1.8, rounds: { quick: 2, thorough: 12 } },
  { ...networks.lenet, optimizer: "momentum", blockSteps: 20, rounds: { quick: 2, thorough: 12 } },
  { ...networks.resnet20, optimizer: "momentum", blockSteps: 2, goal: 1.6, rounds: { quick: 2, thorough: 10 } },
  { ...networks.transformer, optimizer: "adam", blockSteps: 6, goal: 1.6, rounds: { quick: 2, thorough: 12 } },
];

/** What threads gain. */
export const figure: Figure = {
  description: "a step by kernels of our own on all cores, against the same step by one thread",
  measure: async (quick, tell) => {
    const rows: Row[] = [];
    for (const test of cases) {
      tell(test.what);
      rows.push(...await compared(test, quick ? test.rounds.quick : test.rounds.thorough));
    }
    return rows;
  },
};

/** All counts of threads are twice the one before, but the last, which is that of the cores. */
function countsOf(cores: number): number[] {
  const counts: number[] = [];
  for (let count = 2; count < cores; count *= 2) counts.push(count);
  return cores > 1 ? [...counts, cores] : [];
}

async function compared(test: Case, rounds: number): Promise<Row[]> {
  const { what, task, problem, optimizer, batchSize, blockSteps, goal } = test;
  const counts = countsOf(navigator.hardwareConcurrency);
  if (counts.length === 0) return [{ what, unit: "×", detail: "the machine has one core" }];
  await on(1);
  const { train } = await task.load(), entry = catalogued(optimizer);
  const settings = { steps: 10_000, learningRate: startingRate(entry, task.defaults.learningRates) };
  using training = new DisposableStack();
  const contestant = (threads: number): Contestant => {
    const built = entry.build(problem, settings),
      one = trainee({ problem, optimizer: built, train, batchSize, blockSteps });
    training.use(one);
    return {
      block: async () => {
        await on(threads);
        const end = performance.now() + WARM_UP;
        while (performance.now() < end) await one.losses(1);
        return await one.block();
      },
    };
  };
  const all = Object.fromEntries([1, ...counts].map((threads) => [`${threads}`, contestant(threads)]));
  const times: Readonly<Record<string, readonly number[]>> = await interleaved(all, rounds);
  return counts.map((threads): Row => ({
    what: `${what}, ${optimizer}: ${threads} threads / 1`,
    result: spread(ratios(times[threads], times[1])),
    unit: "×",
    ...threads === 2 && goal !== undefined && { target: { atMost: 1 / goal } },
    detail: `${spread(times[threads]).median.toFixed(1)} / ${spread(times[1]).median.toFixed(1)} ms`,
  }));
}

/** The backend with so many threads; a library's products have one. */
const on = (threads: number) => chooseBackend("wasm", { threads, blas: "off" });
