/**
 * Doing what was planned.
 * @module
 */
import { join } from "node:path";
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import { calibrated, type Calibration } from "../calibrate.ts";
import { type Comparison, type Contestant, runFlags, type Tuning, TUNING_SEED } from "./comparison.ts";
import type { Failed, Job, Outcome } from "../job.ts";
import { knobsOf } from "../knobs.ts";
import type { Progress } from "../../cli/study_progress.ts";
import { means, type OptimizerResult, type RunResult, runResult } from "./results.ts";
import { type Trainer, withoutCheckpoints } from "../trainer.ts";
import { flagsOf, type Search, type Tuned, tuned } from "../tune.ts";
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
        given: runFlags(comparison, contestant, { seed: TUNING_SEED, steps }),
        steps,
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
      const result = await tuned(searchFor(comparison, entrant, tuning, folder), withoutCheckpoints(trainer), ended);
      return { ...entrant, ...result.kind === "failed" ? { failed: result } : { tuning: result } };
    }));
  }
  begin("runs", entrants.length * seeds);
  const run = async (entrant: Entrant, seed: number): Promise<RunResult> => {
    const name = join("runs", `${entrant.contestant.name}-seed-${seed}`);
    const outcome = entrant.failed ?? await trained(comparison, entrant, seed, join(folder, name), trainer);
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

const knobsFor = ({ optimizer, settings }: Contestant) => knobsOf(catalogued(optimizer), settings);

/** The search on validation data, or where there are none on the training loss. */
function searchFor(
  comparison: Comparison,
  { contestant, steps = 0 }: Entrant,
  { trials, holdout, seed }: Tuning,
  folder: string,
): Search {
  return {
    knobs: knobsFor(contestant),
    trials,
    jobs: (number, flags) => [{
      label: `${contestant.name} (trial ${number})`,
      folder: join(folder, "tuning", `${contestant.name}-${number}`),
      given: runFlags(comparison, contestant, { ...flags, ...holdout !== null && { holdout }, seed, steps }),
      steps,
    }],
    measure: ({ trainLoss, testLoss }) => holdout === null ? trainLoss : testLoss,
  };
}

async function trained(
  comparison: Comparison,
  { contestant, tuning, steps = 0 }: Entrant,
  seed: number,
  folder: string,
  { train }: Trainer,
): Promise<Outcome> {
  const values = tuning?.best ? flagsOf(knobsFor(contestant), tuning.best.values) : {};
  const given = runFlags(comparison, contestant, { ...values, seed, steps });
  return await train({ label: `${contestant.name} seed ${seed}`, folder, given, steps });
}

function result({ contestant, steps, calibration, tuning }: Entrant, runs: RunResult[]): OptimizerResult {
  return {
    name: contestant.name,
    settings: { ...contestant.settings, ...tuning?.best?.values },
    steps: steps ?? null,
    ...calibration && { calibration },
    ...tuning && { tuning },
    runs,
    failures: runs.filter((run) => "failed" in run).length,
    means: means(runs),
  };
}
