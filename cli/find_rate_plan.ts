/**
 * From flags to a search.
 * @module
 */
import { flagWords } from "./flags.ts";
import { baseDirection } from "../optimizers/catalogue/bases.ts";
import { recommendedRegime } from "../optimizers/catalogue/recommended.ts";
import type { Tree } from "../runtime/tensor.ts";
import type { FindRateOptions } from "../studies/find_rate/find_rate.ts";
import { pickOptions } from "../runtime/option.ts";
import { commandLine } from "./output.ts";
import { commonGround, prepared } from "../runs/prepared.ts";
import type { RunConfig } from "../runs/config.ts";
import type { TaskData } from "../data/dataset.ts";
import { checkSearch, SEEDS, STARTS, STEPS } from "../studies/find_rate/search_defaults.ts";
import { findableBase, OPTIMIZER } from "../studies/find_rate/findable.ts";
import { type Given, sharedFlags } from "./find_rate_flags.ts";
import { rateText } from "../studies/find_rate/rate_text.ts";

/** A search that could begin now. */
export interface PlannedSearch
  extends Required<Pick<FindRateOptions<Tree>, "problem" | "direction" | "regime" | "steps" | "seeds" | "from">> {
  /** Of a run of the `apo-` twin: everything that is known of the task. */
  readonly config: RunConfig;
  readonly optimizer: string;
  readonly data: TaskData;
  /** Which backend and why: one line. */
  readonly reason: string;
  /** The command that trains with a rate. */
  trainCommand(rate: number): string;
}

/** The search of these flags. Loads the data and starts the backend. @throws `UserError` for flags that cannot be. */
export async function plannedSearch(given: Given): Promise<PlannedSearch> {
  const optimizer = findableBase(given.optimizer ?? OPTIMIZER);
  const { steps = STEPS, seeds = SEEDS } = given, from = given.from === undefined ? STARTS : [given.from];
  checkSearch({ steps, seeds, from });
  const shared = pickOptions(sharedFlags, given);
  const chosen = { ...shared, threads: given.threads, steps, optimizer: `apo-${optimizer}`, schedule: "constant" },
    ground = await commonGround(chosen);
  const { config, problem, data } = prepared(chosen, ground);
  return {
    config,
    optimizer,
    problem,
    direction: baseDirection(optimizer, config.settings, problem.model.leaves),
    regime: recommendedRegime(optimizer, config.settings),
    data,
    reason: ground.reason,
    steps,
    seeds,
    from,
    trainCommand: (rate) =>
      commandLine("train", ground.blas !== undefined, [
        ...flagWords(sharedFlags, { ...shared, task: ground.task.name, data: ground.folder }),
        ...[`--optimizer=${optimizer}`, `--lr=${rateText(rate)}`],
      ]),
  };
}
