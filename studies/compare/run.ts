/**
 * Doing what was planned.
 * @module
 */
import { join } from "node:path";
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import { calibrated, type Calibration } from "../calibrate.ts";
import { type Comparison, type Contestant, runOf, type Tuning, TUNING_SEED } from "./comparison.ts";
import type { Failed, Job, Outcome } from "../job.ts";
import type { Progress } from "../progress.ts";
import { means, type OptimizerResult, type RunResult, runResult } from "./results.ts";
import { type Trainer, withoutCheckpoints } from "../trainer.ts";
import { knobsOf, type Search, type Tuned, tuned } from "../tune.ts";
import { allEnded } from "../turns.ts";

/** What is known of a contestant before its runs. */
interface Entrant {
  readonly contestant: Contestant;
  /** Of each run; undefined before the calibration. */
  readonly steps?: number;
  readonly calibration?: Calibration;
  readonly tuning?: Tuned;
  /** Why it cannot run. */
  readonly failed?: Failed;
}

/**
 * Calibrates, tunes, and trains: each part when the one before is done, so that all optimizers meet the same machine. What was done
 * before in the folder is not done again.
 *
 * @param folder Absolute.
 */
export async function compared(
  comparison: Comparison,
  folder: string,
  trainer: Trainer,
  { begin, ended }: Progress,
): Promise<OptimizerResult[]> {
  const { contestants, budget, seeds, tuning } = comparison;
  let entrants = contestants.map((contestant): Entrant => ({ contestant, ..."steps" in budget && budget }));
  if ("seconds" in budget) {
    begin("calibration", entrants.length);
    entrants = await allEnded(entrants.map(async (entrant): Promise<Entrant> => {
      const { contestant } = entrant;
      const job = (part: string, steps: number): Job => ({
        label: `${contestant.name} (calibration)`,
        folder: join(folder, "calibration", `${contestant.name}-${part}`),
        config: runOf(contestant.config, TUNING_SEED, steps),
      });
      const result = await calibrated(job, budget.seconds, trainer);
      ended(result.kind === "failed");
      if (result.kind === "failed") return { ...entrant, failed: result };
      return { ...entrant, calibration: result, steps: result.steps };
    }));
  }
  if (tuning) {
    begin("tuning", entrants.length * tuning.trials);
    entrants = await allEnded(entrants.map(async (entrant): Promise<Entrant> => {
      if (entrant.failed) return entrant;
      const result = await tuned(searchFor(entrant, tuning, folder), withoutCheckpoints(trainer), ended);
      return { ...entrant, ...result.kind === "failed" ? { failed: result } : { tuning: result } };
    }));
  }
  begin("runs", entrants.length * seeds);
  const run = async (entrant: Entrant, seed: number): Promise<RunResult> => {
    const name = join("runs", `${entrant.contestant.name}-seed-${seed}`);
    const outcome = entrant.failed ?? await trained(entrant, seed, join(folder, name), trainer);
    ended(outcome.kind === "failed");
    return runResult(seed, name, outcome);
  };
  // seed by seed: a machine that gets slower meanwhile gets slower for all
  const pairs = Array.from({ length: seeds }, (_, seed) => entrants.map((entrant) => ({ entrant, seed }))).flat();
  const runs = await allEnded(pairs.map(async ({ entrant, seed }) => ({ entrant, run: await run(entrant, seed) })));
  return entrants.map((entrant) =>
    result(entrant, runs.filter((one) => one.entrant === entrant).map(({ run }) => run))
  );
}

/** The search on validation data, or where there are none on the training loss. */
function searchFor({ contestant, steps = 0 }: Entrant, { trials, holdout, seed }: Tuning, folder: string): Search {
  const trial = contestant.trial!;
  return {
    knobs: knobsOf(catalogued(trial.optimizer), trial.settings),
    trials,
    jobs: (number, values) => [{
      label: `${contestant.name} (trial ${number})`,
      folder: join(folder, "tuning", `${contestant.name}-${number}`),
      config: runOf(trial, seed, steps, values),
    }],
    measure: ({ trainLoss, testLoss }) => holdout === null ? trainLoss : testLoss,
  };
}

async function trained(
  { contestant, tuning, steps = 0 }: Entrant,
  seed: number,
  folder: string,
  { train }: Trainer,
): Promise<Outcome> {
  const config = runOf(contestant.config, seed, steps, tuning?.best?.values);
  return await train({ label: `${contestant.name} seed ${seed}`, folder, config });
}

function result({ contestant, steps, calibration, tuning }: Entrant, runs: RunResult[]): OptimizerResult {
  const { steps: _, ...settings } = contestant.config.settings;
  return {
    name: contestant.name,
    settings: { ...settings, ...tuning?.best?.values },
    steps: steps ?? null,
    ...calibration && { calibration },
    ...tuning && { tuning },
    runs,
    failures: runs.filter((run) => "failed" in run).length,
    means: means(runs),
  };
}
