/**
 * `--config`: a run's `config.json`, or parts of one, as choices.
 * @module
 */
import type { Fingerprint } from "../data/fingerprint.ts";
import { argument as marked, type Spell, written } from "../runtime/argument.ts";
import { UserError } from "../runtime/errors.ts";
import { parsePart } from "../runs/config.ts";
import type { Choices } from "../runs/options.ts";
import type { Given } from "./train_flags.ts";

/** What a file says. */
export interface ConfigFile {
  /** The choices that the flags beside it leave open. */
  readonly choices: Choices;
  /** Of the data; undefined where there is none, or where the flags beside it choose the data, or another backend, which may pad otherwise. */
  readonly fingerprint?: Fingerprint;
  /** An error as it is where the file was read: what the file says is the file's, and no flag that nobody gave. */
  blamed(error: unknown): unknown;
}

/**
 * Reads a file. For another task its model, its language and its beam are not taken, for another model not what the model was told, for
 * another optimizer none of the settings but the steps, for another format nothing of how it is used. Without flags a `config.json`
 * gives the same run again.
 *
 * @throws `UserError` for a file that cannot be read, and entries that are unknown or have values that cannot be.
 */
export async function configFile(file: string, given: Given): Promise<ConfigFile> {
  const wrong = (problem: string, remedy = "give a config.json of `deno task train`, or a part of one") =>
    new UserError({ argument: "config", value: file, problem, remedy });
  const text = await Deno.readTextFile(file).catch((error) => {
    throw wrong(`cannot be read: ${error.message}`);
  });
  const { format: _, versions: __, fingerprint, ...config } = parsePart(text, wrong);
  const { task, model, modelChoice, optimizer, settings = {}, batchSize, metaBatchSize, blas, ...rest } = config;
  const { sourceLanguage, beam, float32, lossScale, ...others } = rest;
  const { steps, learningRate, schedule, replay, ...more } = settings;
  const other = (chosen?: string, here?: string) => chosen !== undefined && here !== undefined && chosen !== here;
  const otherTask = other(given.task, task), { learningRate: rate, schedule: way } = given;
  const scheduled = replay === undefined ? { learningRate, schedule } : (rate ?? way) === undefined ? { replay } : {};
  const choices: Choices = {
    ...{ task, optimizer, batchSize },
    ...!otherTask && { model, sourceLanguage, beam },
    ...!otherTask && !other(given.model, model) && modelChoice,
    ...!other(given.optimizer, optimizer) && { ...more, ...given.replay === undefined && scheduled },
    ...given.epochs === undefined && { steps },
    ...metaBatchSize !== batchSize && { metaBatchSize },
    ...others,
    ...!other(given.precision, others.precision) && { float32, lossScale },
    ...given.backend === undefined && { blas: blas?.path ?? (others.backend === "wasm" ? "off" : undefined) }, // what ran
  };
  const said = (name: string) =>
    choices[name as keyof Choices] !== undefined && given[name as keyof Given] === undefined;
  return {
    choices,
    fingerprint: otherTask || other(given.backend, others.backend) ||
        (["data", "labelNoise", "holdout", "vocabulary", "sourceLanguage"] as const).some((name) =>
          given[name] !== undefined
        )
      ? undefined
      : fingerprint,
    blamed: (error) => {
      const bad = error instanceof UserError ? error.parts() : "";
      if (typeof bad === "string") return error;
      const { argument, value } = bad;
      const spell: Spell = (name, value) => said(name) ? `the file's ${name} ${value}` : marked(name, value);
      const problem = bad.problem === undefined ? undefined : written(bad.problem, spell);
      if (!said(argument)) return new UserError({ ...bad, problem });
      const remedy = `edit a copy of the file, or give other flags beside it: ${bad.remedy}`;
      return wrong(`says "${argument}": ${JSON.stringify(value)}, which ${problem ?? "cannot be"}`, remedy);
    },
  };
}
