import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { RunConfig } from "../../runs/config.ts";
import type { RunSummary } from "../../runs/summary.ts";
import type { Job, Outcome } from "../../studies/job.ts";
import type { Trainer } from "../../studies/trainer.ts";
import { type Search, tuned } from "../../studies/tune.ts";

const knobs = [{ setting: "learningRate", start: 0.1, careful: -1 }] as const;

/** A search over runs that are made up: one for each of these seeds. */
function search(seeds: readonly number[], more: Partial<Search> = {}): Search {
  return {
    knobs,
    trials: 5,
    jobs: (number, settings) =>
      seeds.map((seed) => {
        const config = { seed, settings: { ...settings, steps: 1 } } as RunConfig;
        return { label: "", folder: `/nowhere/${number}-${seed}`, config };
      }),
    measure: ({ trainLoss }) => trainLoss,
    ...more,
  };
}

/** A trainer that asks a function for the final loss, or for a failure. */
function trainer(run: (lr: number, seed: number) => number | "diverged" | "killed"): Trainer {
  return {
    training: new Set(),
    train: ({ config }: Job): Promise<Outcome> => {
      const end = run(config.settings.learningRate, config.seed);
      if (typeof end === "number") {
        return Promise.resolve({ kind: "finished", summary: { trainLoss: end } as RunSummary });
      }
      return Promise.resolve({ kind: "failed", diverged: end === "diverged", exitCode: 3, reason: end });
    },
  };
}

Deno.test("tuned: a trial of several runs has their geometric mean, and a single run's loss may be anything", async () => {
  let runs = 0;
  const losses = trainer((lr, seed) => (seed === 1 ? 100 : 1) * (1 + Math.abs(Math.log10(lr / 0.1))));
  const result = await tuned(search([1, 2]), losses, () => runs++);
  assert(result.kind === "tuned");
  assertEquals(runs, 10);
  assertAlmostEquals(result.best!.loss!, 10);
  assertEquals([result.best!.values, result.inside], [{ learningRate: 0.1 }, { learningRate: true }]);

  const negative = await tuned(search([1]), trainer((lr) => -lr), () => {});
  assert(negative.kind === "tuned");
  assertEquals([negative.best, negative.inside], [{ values: { learningRate: 10 }, loss: -10 }, {
    learningRate: false,
  }]);
});

Deno.test("tuned: a trial is lost with one of its runs; a killed process ends the search, NaN does not", async () => {
  const fragile = trainer((lr, seed) => lr > 0.2 && seed === 2 ? "diverged" : 1 / lr);
  const result = await tuned(search([1, 2]), fragile, () => {});
  assert(result.kind === "tuned");
  assertEquals(result.trials[1], { values: { learningRate: 0.316 }, loss: null, failed: "diverged" });
  assert(result.best!.values.learningRate! < 0.2);

  const killed = await tuned(search([1, 2]), trainer((lr, seed) => lr > 0.2 && seed === 2 ? "killed" : 1), () => {});
  assertEquals(killed, { kind: "failed", diverged: false, exitCode: 3, reason: "trial 2 of the tuning: killed" });

  const unknown = await tuned(search([1]), trainer((lr) => lr > 0.2 ? NaN : 1), () => {});
  assert(unknown.kind === "tuned" && unknown.trials[1].loss === null);
});

Deno.test("tuned: the grid comes first, then its best is refined, at the distance asked for", async () => {
  const rates = async (more: Partial<Search>): Promise<unknown[]> => {
    const result = await tuned(search([1], more), trainer((lr) => Math.abs(Math.log10(lr))), () => {});
    return result.kind === "tuned" ? result.trials.map(({ values }) => values.learningRate) : [];
  };
  assertEquals(await rates({ grid: [[-2], [1], [2]], trials: 6 }), [0.001, 1, 10, 3.16, 0.316, 1.78]);
  assertEquals(await rates({ distance: 1 }), [0.1, 1, 10, 3.16, 0.316]);
});
