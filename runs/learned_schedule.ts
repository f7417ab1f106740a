/**
 * The learning rates of a finished run as a schedule for another one.
 * @module
 */
import { learnedBases } from "../optimizers/catalogue/bases.ts";
import type { Settings } from "../optimizers/catalogue/entry.ts";
import { UserError } from "../runtime/errors.ts";
import { readConfig, readMetrics } from "./folder.ts";

/**
 * What a run of `apo-…` has learned, as the setting `replay`: a pair for each time that the rate changed.
 *
 * @param folder Of the run.
 * @throws `UserError` where there is no run, or it did not learn one rate for all parameters.
 */
export async function learnedSchedule(folder: string): Promise<NonNullable<Settings["replay"]>> {
  const { optimizer } = await readConfig(folder), lines = await readMetrics(folder);
  const rates = lines.map(({ step, learned }) => [step, learned.rate] as const);
  if (rates.length === 0 || rates.some(([, rate]) => !(rate > 0))) {
    const problem = `is of ${optimizer}, and its metrics have not one learned rate`;
    const learned = Object.keys(learnedBases).map((base) => `apo-${base}`);
    const remedy = `give a run of ${new Intl.ListFormat("en-GB", { type: "disjunction" }).format(learned)}`;
    throw new UserError({ argument: "replay", value: folder, problem, remedy });
  }
  return rates.filter(([, rate], i) => rate !== rates[i + 1]?.[1]);
}
