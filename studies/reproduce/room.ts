/**
 * A laboratory that works in a folder.
 * @module
 */
import { join } from "node:path";
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import { type Ground, planned, prepared } from "../../runs/prepared.ts";
import type { Choices } from "../../runs/options.ts";
import { writeWhole } from "../../runtime/files/atomic.ts";
import { moveAside } from "../../runtime/files/damaged.ts";
import { calibrated } from "../calibrate.ts";
import type { Job } from "../job.ts";
import type { Progress } from "../progress.ts";
import { Interrupted, type Trainer, withoutCheckpoints } from "../trainer.ts";
import { knobsOf, type Search, tuned } from "../tune.ts";
import { allEnded } from "../turns.ts";
import { sharedChoices } from "./grounds.ts";
import {
  type Count,
  type Counts,
  type Laboratory,
  type LeftOut,
  type Plan,
  type Run,
  TUNING_SEED,
} from "./laboratory.ts";

/** What a laboratory needs. */
export interface Equipment {
  /** Of the reproduction, absolute. */
  readonly folder: string;
  /** Of each task; none where nothing is trained. */
  readonly grounds: readonly Ground[];
  readonly leftOut: readonly LeftOut[];
  readonly seeds: readonly number[];
  readonly trainer: Trainer;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Sets it up. */
export function laboratory(equipment: Equipment): Laboratory {
  const counts = { trials: { total: 0, failed: 0 }, runs: { total: 0, failed: 0 } };
  const [ground] = equipment.grounds;
  return room(equipment, counts, { ground, prefix: "", common: ground ? sharedChoices(ground) : {} });
}

/** What the runs of a room share. */
interface Room {
  readonly ground?: Ground;
  /** Of their names. */
  readonly prefix: string;
  /** Choices. */
  readonly common: Choices;
}

function room(
  equipment: Equipment,
  counts: Record<keyof Counts, Count>,
  { ground, prefix, common }: Room,
): Laboratory {
  const { folder, grounds, leftOut, seeds, progress, signal } = equipment;
  const trainer = withoutCheckpoints(equipment.trainer);
  const chosen = ({ given, steps }: Plan, seed: number): Choices => ({
    logEvery: Math.max(1, Math.floor(steps / 100)),
    evalEvery: steps,
    ...common,
    ...given,
    seed,
    steps,
  });
  const job = (plan: Plan, seed: number, kind: string, part: string | number): Job => ({
    label: `${prefix}${plan.name} (${kind} ${part})`,
    folder: join(folder, kind, fileName(`${prefix}${plan.name}-${part}`)),
    config: planned(chosen(plan, seed), trainedOn()).config,
  });
  const trainedOn = (): Ground => {
    if (!ground) throw new Error("a recipe without a task trains");
    return ground;
  };
  const counted = (kind: "trials" | "runs", failed: boolean) => {
    counts[kind].total++;
    counts[kind].failed += Number(failed);
    progress.ended(failed);
  };

  return {
    seeds,
    counts,
    tasks: grounds.map(({ task }) => task.name),
    leftOut,
    within: (task, name, given) => {
      const ground = grounds.find((ground) => ground.task.name === task)!;
      const common = { ...sharedChoices(ground), ...given };
      return room(equipment, counts, { ground, prefix: `${prefix}${name} `, common });
    },
    begin: progress.begin,
    tell: (text) => progress.tell(`${prefix}${text}`),
    knobs: (given) => {
      const { optimizer, settings } = prepared({ ...common, ...given }, trainedOn()).config;
      return knobsOf(catalogued(optimizer), settings);
    },
    train: async (plan) =>
      await allEnded((plan.seed === undefined ? seeds : [plan.seed]).map(async (seed): Promise<Run> => {
        const run = job(plan, seed, "seed", seed), outcome = await trainer.train(run);
        counted("runs", outcome.kind === "failed");
        if (outcome.kind === "failed") return { seed, folder: run.folder, diverged: outcome.diverged };
        return { seed, folder: run.folder, summary: outcome.summary, diverged: false };
      })),
    async tune(plan) {
      const { trials, grid, distance, repeats = 1, measure = ({ summary }: Run) => summary!.trainLoss } = plan;
      const tuningSeeds = plan.seed === undefined
        ? Array.from({ length: repeats }, (_, i) => TUNING_SEED + i)
        : [plan.seed];
      const several = plan.seed !== undefined || repeats > 1;
      const search: Search = {
        knobs: this.knobs(plan.given),
        trials,
        grid,
        distance,
        jobs: (number, values) =>
          tuningSeeds.map((seed) => {
            const part = several ? `seed-${seed}-${number}` : number;
            return job({ ...plan, given: { ...plan.given, ...values } }, seed, "trial", part);
          }),
        measure: (summary, { folder, config }) => measure({ seed: config.seed, folder, summary, diverged: false }),
      };
      return await tuned(search, trainer, (failed) => counted("trials", failed));
    },
    async seconds(plan) {
      const outcome = await trainer.train({ ...job(plan, TUNING_SEED, "calibration", "whole"), inOneGo: true });
      counted("trials", outcome.kind === "failed");
      return outcome.kind === "failed" ? outcome : plan.steps / outcome.summary.stepsPerSecond;
    },
    async calibrate(plan, seconds) {
      const part = (part: string, steps: number) => job({ ...plan, steps }, TUNING_SEED, "calibration", part);
      const result = await calibrated(part, seconds, trainer);
      counted("trials", result.kind === "failed");
      return result;
    },
    async once(name, make) {
      await new Promise((resolve) => setTimeout(resolve)); // signals come between computations
      if (signal.aborted) throw new Interrupted();
      const computed = join(folder, "computed"), path = join(computed, `${fileName(name)}.json`);
      let made: ReturnType<typeof make>;
      try {
        made = JSON.parse(await Deno.readTextFile(path));
      } catch (error) {
        if (error instanceof SyntaxError) {
          progress.tell(`${path} is damaged: it is kept as ${await moveAside(path, "damaged")}, and computed anew`);
        } else if (!(error instanceof Deno.errors.NotFound)) throw error;
        made = make();
        await Deno.mkdir(computed, { recursive: true });
        await writeWhole(path, JSON.stringify(made) + "\n");
      }
      counted("runs", false);
      return made;
    },
  };
}

const fileName = (name: string): string => name.replaceAll(/[^\w.-]+/g, "-");
