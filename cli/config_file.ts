/**
 * `--config`: a run's `config.json`, or parts of one, as choices.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import { parsePart } from "../runs/config.ts";
import type { Choices } from "../runs/options.ts";
import type { Given } from "./train_flags.ts";

/**
 * The choices in a file that the flags beside it leave open: for another task its model is not taken, for another model not what the
 * model was told, for another optimizer none of the settings but the steps. Without flags a `config.json` gives the same run again.
 *
 * @throws `UserError` for a file that cannot be read, and entries that are unknown or have values that cannot be.
 */
export async function choicesIn(file: string, given: Given): Promise<Choices> {
  const remedy = "give a config.json of `deno task train`, or a part of one";
  const wrong = (problem: string) => new UserError({ argument: "config", value: file, problem, remedy });
  const text = await Deno.readTextFile(file).catch((error) => {
    throw wrong(`cannot be read: ${error.message}`);
  });
  const { format: _, versions: __, ...config } = parsePart(text, wrong);
  const { task, model, modelChoice, optimizer, settings = {}, batchSize, metaBatchSize, blas, ...others } = config;
  const { steps, learningRate, schedule, replay, ...more } = settings;
  const other = (chosen?: string, here?: string) => chosen !== undefined && here !== undefined && chosen !== here;
  const otherTask = other(given.task, task), { learningRate: rate, schedule: way } = given;
  const scheduled = replay === undefined ? { learningRate, schedule } : (rate ?? way) === undefined ? { replay } : {};
  return {
    ...{ task, optimizer, batchSize },
    ...!otherTask && { model },
    ...!otherTask && !other(given.model, model) && modelChoice,
    ...!other(given.optimizer, optimizer) && { ...more, ...given.replay === undefined && scheduled },
    ...given.epochs === undefined && { steps },
    ...metaBatchSize !== batchSize && { metaBatchSize },
    ...others,
    ...given.backend === undefined && { blas: blas?.path ?? (others.backend === "wasm" ? "off" : undefined) }, // what ran
  };
}
